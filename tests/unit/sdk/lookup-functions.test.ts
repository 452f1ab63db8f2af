import assert from "node:assert/strict";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { checkDeclared } from "../../../provider/bench-image/inputs";
import * as ica from "../../../sdk/index";
import { ask, ifSecret } from "../../../sdk/lookup";
import { configFor, projectId } from "../../support/context";
import { dockerImage } from "../../support/factories";
import { command } from "../../support/programs/command";
import { setEnvironment } from "../../support/programs/environment";
import { BenchServer } from "../../support/servers/bench-server";
import { ok, ScriptedServer } from "../../support/servers/scripted-server";

const repository = path.resolve(__dirname, "../../..");
const key = "key-of-the-stack";

describe("the functions of the SDK", () => {
  let server: ScriptedServer;
  let bench: BenchServer;
  let made: pulumi.runtime.MockResourceArgs[];
  let restoreEnvironment: () => void;

  beforeEach(async () => {
    server = await ScriptedServer.start();
    bench = new BenchServer(server);
    server.on("GET", "/api/dockerImages", ok({ items: [dockerImage({ timeCreated: "2026-01-01T00:00:00Z" })] }));
    server.on("GET", "/api/dockerImages/image-1", ok(dockerImage()));
    made = [];
    restoreEnvironment = setEnvironment({ ICA_API_KEY: undefined, ICA_BASE_URL: undefined, ICA_PROJECT_ID: undefined });
    await pulumi.runtime.setMocks(
      {
        newResource: (args) => {
          made.push(args);
          return { id: `${args.name}-id`, state: args.inputs };
        },
        call: () => ({}),
      },
      "project",
      "stack",
      true,
    );
    pulumi.runtime.setAllConfig({ "ica:apiKey": key, "ica:baseUrl": server.baseUrl, "ica:projectId": projectId }, [
      "ica:apiKey",
    ]);
  });
  afterEach(async () => {
    pulumi.runtime.setAllConfig({}, []);
    restoreEnvironment();
    await server.close();
  });

  async function inputsOf(resource: pulumi.CustomResource): Promise<Record<string, unknown>> {
    await new Promise((resolve) => {
      resource.urn.apply(resolve);
    });
    const [args] = made;
    assert.ok(args, "nothing was registered");
    const { __provider, __urn, ...inputs } = args.inputs;
    return inputs;
  }

  it("load no code of the provider when the package is imported", async () => {
    const script =
      'require("./sdk/index.ts"); const loaded = Object.keys(require.cache).map((f) => require("path").relative(".", f)); ' +
      'console.log(JSON.stringify(loaded.filter((f) => /^(provider|emulator|cli)|axios|zod/.test(f))), loaded.some((f) => f.startsWith("sdk")))';
    const { stdout } = await command(process.execPath, ["--import", "tsx", "-e", script], { cwd: repository });
    assert.equal(stdout, "[] true");
  });

  it("ask with the stack's configuration, in a preview too; the key goes to ICA and into nothing else", async () => {
    const image = await ica.getImage({ name: "rstudio" });
    assert.equal(image.imageId, "image-1");
    assert.equal(server.calls("POST", "/api/tokens")[0]?.headers["x-api-key"], key);
    assert.ok(!JSON.stringify(image).includes(key));
    const output = ica.getImageOutput({ name: pulumi.output("rstudio") });
    assert.equal(await pulumi.isSecret(output), false, "an answer is no secret because the key is one");
    assert.equal((await ica.listImages()).length, 1);
  });

  it("share one login", async () => {
    await Promise.all([ica.getImage({ name: "rstudio" }), ica.listImages(), ica.getImage({ imageId: "image-1" })]);
    assert.equal(server.logins, 1);
  });

  it("use the environment when the stack sets nothing", async () => {
    bench.has();
    pulumi.runtime.setAllConfig({}, []);
    process.env.ICA_API_KEY = "key-of-the-environment";
    process.env.ICA_BASE_URL = server.baseUrl;
    process.env.ICA_PROJECT_ID = projectId;
    assert.equal((await ica.getWorkspace({ name: "genomics" })).workspaceId, "ws-1");
    assert.equal(server.calls("POST", "/api/tokens")[0]?.headers["x-api-key"], "key-of-the-environment");
  });

  it("keep a secret argument a secret, and are unknown while an argument is", async () => {
    assert.equal(await pulumi.isSecret(ica.getImageOutput({ name: pulumi.secret("rstudio") })), true);
    const { length } = server.seen;
    let applied = false;
    const unknown = ica.getImageOutput({ name: pulumi.output(pulumi.unknown).apply(String) }).apply(() => {
      applied = true;
    });
    await pulumi.isSecret(unknown);
    assert.equal(applied, false);
    assert.equal(server.seen.length, length, "nothing is asked about what is not known");
  });

  it("leave a secret argument out of their errors", async () => {
    const args = pulumi.output({ name: pulumi.secret("lemur den") });
    const failed = await ask(
      () => Promise.reject(new Error('ICA has no image "lemur den" (GET /api/x?name=lemur%20den)')),
      await ifSecret(args, { name: "lemur den" }),
    ).catch(String);
    assert.match(String(failed), /ICA has no image "\[secret\]" \(GET \/api\/x\?name=\[secret\]\)/);
    assert.equal(await ifSecret(pulumi.output({ name: "plain" }), { name: "plain" }), undefined);
  });

  it("end the program with a message, not with a stack trace", async () => {
    const refused = async (asked: Promise<unknown>, words: RegExp) =>
      assert.rejects(asked, (error: unknown) => pulumi.RunError.isInstance(error) && words.test(error.message));
    await refused(ica.getImage({ name: "nothing" }), /no Bench image named "nothing". There are: rstudio\./);
    await refused(ica.getWorkspace({ name: "nothing" }), /no workspace named "nothing"/);
    pulumi.runtime.setAllConfig({}, []);
    await refused(ica.getImage({ name: "rstudio" }), /ica:apiKey is not set/);
  });

  describe("adopting", () => {
    it("a workspace declares what it has, except what is declared otherwise", async () => {
      bench.has();
      const inputs = await inputsOf(ica.Workspace.fromExisting("mine", "ws-1", { storageGb: 128 }));
      assert.deepEqual(inputs, {
        existingId: "ws-1",
        name: "genomics",
        image: "image-1",
        resourceModel: "standard-small",
        storageGb: 128,
        access: { web: true, console: false },
        network: "restricted",
        allowedUrls: ["https://cran.r-project.org"],
      });
      assert.deepEqual(bench.written, [], "the function itself only reads");
    });

    it("a workspace keeps a cluster that the program does not name", async () => {
      bench.has({ cluster: { scaling: "STATIC", members: 3, managerWebAccess: false, dedicatedManager: true } });
      const inputs = await inputsOf(ica.Workspace.fromExisting("mine", "ws-1"));
      assert.deepEqual(inputs.cluster, { members: 3, managerWeb: false, dedicatedManager: true });
    });

    it("a workspace with another network leaves the old list of URLs behind", async () => {
      bench.has();
      const inputs = await inputsOf(ica.Workspace.fromExisting("mine", "ws-1", { network: "public" }));
      assert.equal(inputs.network, "public");
      assert.equal(inputs.allowedUrls, undefined);
    });

    it("a workspace with the network that it has keeps its list of URLs, and its cluster with all other settings", async () => {
      bench.has({ cluster: { scaling: "STATIC", members: 3, managerWebAccess: false, dedicatedManager: true } });
      const args = {
        name: "genomics",
        image: "image-1",
        resourceModel: "standard-small",
        storageGb: 64,
        access: { web: true },
        network: pulumi.output("restricted" as const),
      };
      const inputs = await inputsOf(ica.Workspace.fromExisting("mine", "ws-1", args));
      assert.deepEqual(inputs.allowedUrls, ["https://cran.r-project.org"]);
      assert.deepEqual(inputs.cluster, { members: 3, managerWeb: false, dedicatedManager: true });
    });

    it("a workspace with everything declared asks nothing", async () => {
      const args = {
        name: "genomics",
        image: "image-1",
        resourceModel: "standard-small",
        storageGb: 64,
        access: { web: true },
        network: "public",
        cluster: { members: 2 },
      } as const;
      const inputs = await inputsOf(ica.Workspace.fromExisting("mine", "ws-1", args));
      assert.deepEqual(inputs, { ...args, existingId: "ws-1" });
      // All earlier requests have been seen once this is answered: the look-ups share their login.
      await ica.listImages();
      assert.equal(server.count("GET", /workspaces/), 0);
    });

    it("an image declares what it has, except what is declared otherwise", async () => {
      const inputs = await inputsOf(ica.BenchImage.fromExisting("mine", "image-1", { regions: ["use1", "euc1"] }));
      assert.deepEqual(inputs, {
        existingId: "image-1",
        name: "rstudio",
        version: dockerImage().version,
        access: { web: true, console: false },
        clusterCompatible: false,
        regions: ["use1", "euc1"],
      });
    });

    it("an image can have no access at all, which a declaration could not say", async () => {
      const nobody = { web: false, console: false };
      server.on("GET", "/api/dockerImages/image-1", ok(dockerImage({ benchSettings: { access: nobody } })));
      const inputs = await inputsOf(ica.BenchImage.fromExisting("mine", "image-1"));
      assert.deepEqual(inputs.access, nobody);
      assert.deepEqual(checkDeclared(configFor(server.baseUrl), inputs).failures, []);
    });
  });
});
