import assert from "node:assert/strict";
import { join } from "node:path";
import { DockerNotFoundError } from "../../../provider/docker/errors";
import { findDockerClient } from "../../../provider/docker/find";
import { makeContext, removeContext } from "../../support/context-folder";

/** A program that answers as a docker client of this version does. */
const client = (version: string, buildx: "works" | "missing" | "shows its help") => ({
  text: [
    "#!/bin/sh",
    `if [ "$1" = --version ]; then echo "Docker version ${version}, build 1234567"; exit 0; fi`,
    `if [ "$1 $2" = "buildx version" ]; then`,
    buildx === "works" ? "  echo github.com/docker/buildx v0.29.1 abc; exit 0" : "",
    buildx === "missing" ? `  echo "docker: 'buildx' is not a docker command." >&2; exit 1` : "",
    buildx === "shows its help" ? `  printf 'Usage:  docker [OPTIONS] COMMAND\\n\\nA tool 1.2.3\\n'; exit 0` : "",
    "fi",
    "exit 1",
    "",
  ].join("\n"),
  executable: true,
});

describe("the docker client", () => {
  let folder: string;

  before(async () => {
    folder = await makeContext({
      "new/docker": client("28.2.2", "missing"),
      "old/docker": client("20.10.24+dfsg1", "missing"),
      "older/docker": client("19.03.1", "missing"),
      "helpful/docker": client("20.10.24", "shows its help"),
      "plugin/docker": client("29.0.0", "works"),
      "plugin/my-docker": client("27.0.0", "works"),
      "plain/docker": "not a program",
      "broken/docker": { text: "#!/bin/sh\necho cannot >&2; exit 3\n", executable: true },
    });
  });
  after(() => removeContext(folder));

  const find = async (path: string[], more: NodeJS.ProcessEnv = {}, usual: string[] = []) => {
    const at = (names: string[]) => names.map((name) => join(folder, name));
    const found = await findDockerClient({ PATH: at(path).join(":"), ...more }, at(usual));
    return [found.command.slice(folder.length + 1), found.builds];
  };

  it("is the first on PATH that can use BuildKit, be it old or with the plugin", async () => {
    assert.deepEqual(await find(["new", "old", "plugin"]), ["old/docker", "classic"]);
    assert.deepEqual(await find(["new", "plugin", "old"]), ["plugin/docker", "buildx"]);
    assert.deepEqual(await find(["plain", "broken", "older", "helpful"]), ["helpful/docker", "classic"]);
  });

  it("is looked for in the usual places after PATH", async () => {
    assert.deepEqual(await find(["new"], {}, ["plugin"]), ["plugin/docker", "buildx"]);
  });

  it("is the one that ICA_BENCH_DOCKER names, by path or by name", async () => {
    assert.deepEqual(await find(["plugin"], { ICA_BENCH_DOCKER: join(folder, "old/docker") }), [
      "old/docker",
      "classic",
    ]);
    assert.deepEqual(await find(["new", "plugin"], { ICA_BENCH_DOCKER: "my-docker" }), ["plugin/my-docker", "buildx"]);
  });

  it("is asked for with what was looked at, why it does not do, and what to install", async () => {
    const refused = (path: string[], more: NodeJS.ProcessEnv, ...words: RegExp[]) =>
      assert.rejects(find(path, more), (error: unknown) => {
        assert.ok(error instanceof DockerNotFoundError);
        for (const word of words) assert.match(error.message, word);
        return true;
      });
    await refused(
      ["new", "broken"],
      {},
      /new\/docker: Docker version 28\.2\.2.*without the buildx plugin/,
      /broken\/docker: it does not start \(cannot\)/,
      /docker-buildx-plugin/,
    );
    await refused(["plain"], {}, /Looked for it in .*\/plain/, /https:\/\/docs\.docker\.com/);
    await refused(
      ["plugin"],
      { ICA_BENCH_DOCKER: join(folder, "new/docker") },
      /ICA_BENCH_DOCKER names ".*new\/docker"/,
      /without the buildx plugin/,
    );
    await refused(
      ["plugin"],
      { ICA_BENCH_DOCKER: "/nowhere/docker" },
      /\/nowhere\/docker: it does not start \(.*ENOENT/,
    );
  });
});
