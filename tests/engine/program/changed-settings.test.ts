import { strict as assert } from "node:assert";
import { WorkspaceBench } from "../workspaces/workspaces";
import { CliProgram } from "./cli-program";

/**
 * Pulumi configures a refresh and a destroy from the provider's record in the state. What a person meets who sets, or replaces, a
 * setting after the last `pulumi up`.
 */
describe("a setting that changed since the last up", function () {
  this.timeout(240_000);
  let workspaces: WorkspaceBench;
  let program: CliProgram;
  let apiKey: string;
  let address: string;

  beforeEach(async () => {
    workspaces = await WorkspaceBench.start();
    program = await CliProgram.create(
      workspaces.bench,
      `if (process.env.EMPTY === undefined) new ica.Workspace("one", {
        image: "${workspaces.images.first}", resourceModel: "standard-small", storageGb: 20, access: { web: true }, network: "public",
        desiredState: process.env.STATE,
      });`,
    );
    [apiKey, address] = [program.env.ICA_API_KEY ?? "", program.env.ICA_BASE_URL ?? ""];
  });

  afterEach(async () => {
    await workspaces?.close();
    await program?.remove();
  });

  async function pulumi(...args: string[]): Promise<{ ok: boolean; said: string }> {
    const { code, all } = await program.pulumi(...args, "--non-interactive", "--color", "never");
    const said = all.replace(/\s+/g, " ");
    for (const secret of [apiKey, "the-new-key"]) assert.ok(!said.includes(secret), "no key is shown");
    return { ok: code === 0, said };
  }
  const works = async (...args: string[]) => {
    const { ok, said } = await pulumi(...args);
    assert.ok(ok, `pulumi ${args.join(" ")}: ${said}`);
    return said;
  };
  const fails = async (...args: string[]) => {
    const { ok, said } = await pulumi(...args);
    assert.ok(!ok, `pulumi ${args.join(" ")} fails: ${said}`);
    return said;
  };
  const set = async (key: string, value: string, ...flags: string[]) => {
    const { code, all } = await program.pulumi("config", "set", ...flags, "--", key, value);
    assert.equal(code, 0, all);
  };
  const unset = (...names: string[]) => {
    for (const name of names) delete program.env[name];
  };
  const up = ["up", "--yes", "--skip-preview"] as const;
  const destroy = ["destroy", "--yes", "--skip-preview"] as const;
  const cause = /Pulumi refreshes and destroys with the configuration of the last "pulumi up"/;
  const waysOut = /add --run-program to this command, or run "pulumi up" once without --refresh/;

  describe("the key, which was the environment's and is the configuration's now", () => {
    beforeEach(async () => {
      await works(...up);
      await set("ica:apiKey", apiKey, "--secret");
      unset("ICA_API_KEY");
    });

    for (const command of [
      ["preview", "--refresh"],
      [...up, "--refresh"],
      ["refresh", "--yes", "--skip-preview"],
      [...destroy],
    ])
      it(`is not said to be not set by ${command.filter((word) => !/yes|skip/.test(word)).join(" ")}, which names the cause and the ways out`, async () => {
        const said = await fails(...command);
        assert.match(said, /the stack had no ica:apiKey at its last "pulumi up", and ICA_API_KEY is not set/);
        assert.match(said, cause);
        assert.match(said, waysOut);
        assert.doesNotMatch(said, /ica:apiKey is not set/);
      });

    it("counts with --run-program, and is in the state from then on", async () => {
      await works("preview", "--refresh", "--run-program");
      await works("refresh", "--yes", "--skip-preview", "--run-program");
      await works(...destroy);
    });

    it("counts for destroy with --run-program", async () => {
      await works(...destroy, "--run-program");
      assert.deepEqual(await workspaces.list(), []);
    });

    it("counts from an up without refresh on", async () => {
      await works(...up);
      await works(...up, "--refresh");
      await works(...destroy);
    });

    it("counts at once as ICA_API_KEY", async () => {
      program.env.ICA_API_KEY = apiKey;
      await works("preview", "--refresh");
      await works(...destroy);
    });
  });

  describe("the key of the configuration, which was replaced", () => {
    beforeEach(async () => {
      await set("ica:apiKey", apiKey, "--secret");
      unset("ICA_API_KEY");
      await works(...up);
      await workspaces.bench.restart({ apiKey: "the-new-key" });
    });

    it("is refused with its source, the cause and the ways out; --run-program solves it in a pipeline that always refreshes", async () => {
      await set("ica:apiKey", "the-new-key", "--secret");
      const said = await fails("preview", "--refresh");
      assert.match(said, /The refused key is ica:apiKey in the stack's configuration\./);
      assert.match(said, cause);
      assert.match(said, waysOut);
      await works("preview", "--refresh", "--run-program");
      await works(...up, "--refresh", "--run-program");
      await works("refresh", "--yes", "--skip-preview");
    });

    it("gives way to ICA_API_KEY in refresh and destroy, with a warning", async () => {
      program.env.ICA_API_KEY = "the-new-key";
      const said = await works("refresh", "--yes", "--skip-preview");
      assert.match(
        said,
        /warning: ICA refuses the API key that the stack had at its last "pulumi up"; ICA_API_KEY of the environment is used/,
      );
      assert.match(said, /pulumi config rm ica:apiKey/);
      assert.match(await works(...destroy), /- 2 deleted/);
    });

    it("gives way to ICA_API_KEY also in an up that only deletes", async () => {
      program.env.ICA_API_KEY = "the-new-key";
      program.env.EMPTY = "1";
      assert.match(await works(...up), /- 1 deleted/);
    });

    it("gets out of a CI that always refreshes: the new key in both places", async () => {
      program.env.ICA_API_KEY = "the-new-key";
      await set("ica:apiKey", "the-new-key", "--secret");
      await works(...up, "--refresh");
      unset("ICA_API_KEY");
      await works(...up, "--refresh");
    });

    it("stays the one that counts in an up: the error names it, and the variable that counts after it", async () => {
      program.env.ICA_API_KEY = "the-new-key";
      program.env.STATE = "running";
      assert.match(
        await fails(...up),
        /The refused key is ica:apiKey in the stack's configuration \(ICA_API_KEY is set too: the configuration comes first\)/,
      );
    });
  });

  it("the address: a refresh asks the old one, and names its source", async () => {
    unset("ICA_BASE_URL");
    await set("ica:baseUrl", address);
    await works(...up);
    await set("ica:baseUrl", address.replace("127.0.0.1", "localhost"));
    await workspaces.bench.calls.close();
    const said = await fails("preview", "--refresh");
    assert.ok(said.includes(`${address} is ica:baseUrl in the stack's configuration.`), said);
    assert.match(said, cause);
    assert.match(said, waysOut);
  });

  it("the project: a refresh looks where the workspace is, and the preview refuses to create another one without permission", async () => {
    await works(...up);
    unset("ICA_PROJECT_ID");
    await set("ica:projectId", "00000000-0000-4000-8000-000000000000");
    await works("refresh", "--yes", "--skip-preview");
    const said = await fails("preview", "--refresh");
    assert.match(said, /projectId: .*a workspace cannot move to another project.*allowDataLoss: true/);
    await works(...destroy);
    assert.deepEqual(await workspaces.list(), []);
  });
});
