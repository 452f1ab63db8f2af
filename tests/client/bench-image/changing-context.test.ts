import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { benchImageHandler as handler } from "../../../provider/bench-image/handler";
import { PublishError } from "../../../provider/bench-image/publish-error";
import { readyImage } from "../../../provider/bench-image/source/ready-image";
import { Docker } from "../../../provider/docker/cli";
import { contextFor, type TestContext } from "../../support/context";
import { eachBuild, type ScriptedBuild } from "../../support/each/each-build";
import { checkedImage } from "../../support/known";
import { until } from "../../support/until";

describe("a context that changes under a build", () => {
  let scripted: ScriptedBuild;
  /** The docker client, which must not lie in the context; what it does stands beside it. */
  let command: string;

  eachBuild((each) => {
    scripted = each;
    command = `${each.folder}-docker`;
  });
  beforeEach(() => edit("app.R", "one\n"));
  afterEach(() => Promise.all([command, `${command}.log`].map((file) => rm(file, { force: true }))));

  const edit = (file: string, text: string) => writeFile(path.join(scripted.folder, file), text);

  /** A client whose build runs `meanwhile` in the context. From the builder "far" comes an archive that never ends. */
  const withDocker = async (context: TestContext, meanwhile = ":") => {
    const info = { Id: "sha256:1", Os: "linux", Architecture: "amd64", Size: 1, RootFS: { Layers: ["sha256:2"] } };
    await writeFile(
      command,
      `#!/bin/sh
case "$*" in
  "buildx inspect "*) echo "Driver: remote" ;;
  "buildx build "*) echo $$ >> '${command}.log'; cd '${scripted.folder}' && ${meanwhile} ;;
  "image inspect "*) echo '${JSON.stringify([info])}' ;;
esac
case "$*" in "buildx build "*"--builder far"*) echo archive; exec sleep 60 ;; esac
`,
      { mode: 0o755 },
    );
    return { ...context, docker: async () => new Docker({ command, builds: "buildx" }) };
  };
  /** Process ids of the builds that were started. */
  const builds = async () => (await readFile(`${command}.log`, "utf8").catch(() => "")).split("\n").filter(Boolean);

  const args = (build: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
    ...{ name: "rstudio", build: { context: scripted.folder, ...build }, access: { web: true }, verify: "none" },
    ...more,
  });
  const checked = async (context: TestContext, build: Record<string, unknown>) =>
    (await checkedImage(context, args(build), undefined)).inputs;
  const refused = (created: Promise<unknown>, message: RegExp) =>
    assert.rejects(created, (error: unknown) => {
      assert.ok(error instanceof PublishError, String(error));
      assert.match(error.message, message);
      assert.match(error.message, /nothing was uploaded\. Run pulumi up again/);
      assert.deepEqual(scripted.ica.written, [], "nothing is written to ICA");
      return true;
    });

  for (const [where, build] of [
    ["in the local Docker", {}],
    ["on a builder that is far", { builder: "far" }],
  ] as const)
    describe(where, () => {
      it("is published when nothing changed", async () => {
        const context = await withDocker(scripted.context);
        const inputs = await checked(context, {
          ...build,
          secrets: { npm: { env: "PATH" } },
          ssh: { a: { env: "PATH" } },
        });
        (await readyImage(context, inputs)).drop();
        assert.equal((await builds()).length, 1);
      });

      it("is refused when files changed while it was built, which are named", async () => {
        const context = await withDocker(scripted.context, "echo two > app.R && echo new > data.csv");
        const inputs = await checked(context, build);
        await refused(
          handler.create(context, inputs),
          /^files of build\.context changed while it was built \(app\.R changed; data\.csv added\)/,
        );
        const [pid] = await builds();
        await until("the build has ended", () => !isRunning(Number(pid)));
      });

      it("is refused, and not built, when a file changed since it was looked at", async () => {
        const context = await withDocker(scripted.context);
        const inputs = await checked(context, build);
        await edit("app.R", "two\n");
        await refused(handler.create(context, inputs), /changed before it was built \(app\.R changed\)/);
        assert.deepEqual(await builds(), []);
      });

      it("is refused when it is gone, and the error says so", async () => {
        const context = await withDocker(scripted.context, "rm Dockerfile");
        const inputs = await checked(context, build);
        await refused(handler.create(context, inputs), /changed while it was built \(.*Dockerfile.*\)/);
      });

      it("is built from the current files when ignoreChanges pins the hash", async () => {
        const old = await checked(await withDocker(scripted.context), build);
        await edit("app.R", "two\n");
        // Another process, as the engine starts one for each command.
        const context = await withDocker(contextFor(scripted.server.baseUrl), "echo three > app.R");
        const pinned = await checkedImage(context, args(build, { contextHash: old.contextHash }), old);
        assert.equal(pinned.inputs.contextHash, old.contextHash);
        (await readyImage(context, pinned.inputs)).drop();
        assert.equal((await builds()).length, 1);
      });
    });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
