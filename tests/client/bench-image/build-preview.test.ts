import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import sinon from "sinon";
import type { BenchImageInputs } from "../../../provider/bench-image/inputs";
import { Docker } from "../../../provider/docker/cli";
import { DockerNotFoundError } from "../../../provider/docker/errors";
import { eachBuild, type ScriptedBuild } from "../../support/each/each-build";
import { checkedImage } from "../../support/known";

describe("the preview of a build", () => {
  let ica: ScriptedBuild["ica"];
  let context: ScriptedBuild["context"];
  let folder: ScriptedBuild["folder"];

  eachBuild((scripted) => {
    ({ ica, context, folder } = scripted);
  });

  /** A client that has BuildKit inside and no buildx. */
  const old = async () => new Docker({ command: "/nowhere/docker", builds: "classic" });

  const check = (build: Record<string, unknown>, docker = old, before?: BenchImageInputs) =>
    checkedImage(
      { ...context, docker },
      { name: "rstudio", build: { context: folder, ...build }, access: { web: true }, verify: "none" },
      before,
    );
  const properties = async (...args: Parameters<typeof check>) =>
    (await check(...args)).failures.map(({ property }) => property);

  it("refuses each option that this machine's docker client does not support, at its property", async () => {
    const { failures } = await check({ cacheTo: ["type=inline"], builder: "far", cacheFrom: ["a/b", "type=gha"] });
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["build.cacheTo", "build.builder", "build.cacheFrom[1]"],
    );
    for (const { reason } of failures) assert.match(reason, /needs the buildx plugin of Docker/);
  });

  it("refuses a builder that buildx does not know, and says how one is made", async () => {
    const command = path.join(folder, "docker");
    await writeFile(command, '#!/bin/sh\necho "ERROR: no builder \\"far\\" found" >&2\nexit 1\n', { mode: 0o755 });
    const { failures } = await check({ builder: "far" }, async () => new Docker({ command, builds: "buildx" }));
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["build.builder"],
    );
    assert.match(failures[0]?.reason ?? "", /"far": no builder "far" found\. .*docker buildx create/);
  });

  it("reads the Dockerfile once, and lists each folder of the context once", async () => {
    await mkdir(path.join(folder, "scripts"));
    await writeFile(path.join(folder, "scripts", "setup.sh"), "#!/bin/sh\n");
    await writeFile(path.join(folder, "Dockerfile"), "FROM debian\nCOPY scripts /scripts\n");
    const files: { open: (path: string) => unknown } = require("node:fs/promises");
    const folders: { readdirSync: (path: string) => unknown } = require("node:fs");
    const [opened, listed] = [sinon.spy(files, "open"), sinon.spy(folders, "readdirSync")];
    try {
      await checkedImage(context, { name: "rstudio", build: { context: folder }, access: { web: true } }, undefined);
      const readings = opened.args.filter(([file]) => path.basename(file) === "Dockerfile");
      assert.equal(readings.length, 1);
      assert.deepEqual(
        listed.args.map(([name]) => path.basename(name)).sort(),
        [path.basename(folder), "scripts"].sort(),
      );
    } finally {
      opened.restore();
      listed.restore();
    }
  });

  it("needs no Docker when nothing depends on it", async () => {
    const never = () => Promise.reject(new Error("Docker was asked for"));
    const build = {
      cacheFrom: ["a/b"],
      labels: { a: "b" },
      network: "none",
      ssh: { default: { env: "SSH_AUTH_SOCK" } },
    };
    assert.deepEqual(await properties(build, never), []);
  });

  it("leaves it to the build when there is no Docker to ask", async () => {
    const none = () => Promise.reject(new DockerNotFoundError("there is no docker"));
    assert.deepEqual(await properties({ builder: "far" }, none), []);
  });

  it("refuses nothing when nothing will be built: the content is the same, or is published already", async () => {
    const { inputs } = await check({ builder: "far" });
    assert.deepEqual(await properties({ builder: "far" }, old, inputs), []);
    ica.has({ version: inputs.version });
    assert.deepEqual(await properties({ builder: "far" }), []);
  });
});
