import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { readDocument } from "../../../cli/doctor/find-document";
import { findContext } from "../../../cli/lint/context";
import { checkImage } from "../../../provider/bench-image/check";
import { secretValues } from "../../../provider/docker/build-args";
import { errorMessage } from "../../../provider/error-message";
import { contextFor } from "../../support/context";
import { makeContext, removeContext } from "../../support/context-folder";

/** What may be where a file should be, each with the words for it. */
const others: Record<string, { make(path: string): Promise<unknown>; words: RegExp }> = {
  "a pipe": { make: async (path) => execFileSync("mkfifo", [path]), words: /is a pipe, not a file/ },
  "a link to a pipe": {
    make: async (path) => {
      execFileSync("mkfifo", [`${path}.pipe`]);
      await symlink(`${path.split("/").at(-1)}.pipe`, path);
    },
    words: /is a pipe, not a file/,
  },
  "a folder": { make: (path) => mkdir(path), words: /is a folder, not a file/ },
  "a socket": { make: (path) => socketAt(path), words: /is a socket, not a file/ },
  "a file without end": { make: (path) => symlink("/dev/zero", path), words: /leads out of|is a device, not a file/ },
  "a huge file": {
    make: async (path) => {
      await writeFile(path, "");
      await truncate(path, 5e9);
    },
    words: /has more than \d+ MiB/,
  },
};

const sockets: Server[] = [];
const socketAt = (path: string) =>
  new Promise<void>((resolve) => sockets.push(createServer().listen(path, () => resolve())));

describe("where a person's file should be", () => {
  let folder: string;
  const context = contextFor("http://127.0.0.1:1");

  beforeEach(async () => {
    folder = await makeContext({
      "app/Dockerfile": "FROM scratch\n",
      Dockerfile: "FROM scratch\n",
      outside: "*.log\n",
    });
  });
  afterEach(async () => {
    for (const server of sockets.splice(0)) server.close();
    await removeContext(folder);
  });

  async function problems(build: { context: string; dockerfile?: string }): Promise<string> {
    const args = { name: "rstudio", version: "1", build, access: { web: true }, verify: "none" };
    const { failures } = await checkImage(context, args, undefined);
    return failures.map(({ property, reason }) => `${property} ${reason}`).join("\n");
  }

  for (const [what, { make, words }] of Object.entries(others)) {
    for (const name of ["Dockerfile", ".dockerignore", "Dockerfile.dockerignore"]) {
      it(`${what} as ${name} is refused in preview and by lint, at once`, async () => {
        const path = join(folder, "app", name);
        await rm(path, { force: true });
        await make(path);
        const preview = await problems({ context: join(folder, "app") });
        const lint = await findContext(join(folder, "app")).then(String, errorMessage);
        for (const message of [preview, lint]) {
          assert.match(message, words);
          assert.match(message, /Put (?:a text file|the file itself) there\./, "it says what to do");
          assert.doesNotMatch(message, /cannot be read: |\.\./, "it says each thing once");
        }
      });
    }

    it(`${what} as the file of a secret is left to docker, at once`, async () => {
      const file = join(folder, "secret");
      await make(file);
      const spec = { context: ".", tag: "t", platform: "linux/amd64", secrets: { token: { file } } } as const;
      assert.deepEqual(await secretValues(spec, {}), []);
    });

    it(`${what} as the document for doctor is refused, at once`, async () => {
      const file = join(folder, "openapi.yaml");
      await make(file);
      await assert.rejects(readDocument(file), /cannot be read: .*openapi\.yaml/);
    });
  }

  it("a Dockerfile that is a link out of its folder is refused in preview, as a build would", async () => {
    for (const target of ["../Dockerfile", join(folder, "app/other"), "../../nowhere", "Dockerfile"]) {
      await writeFile(join(folder, "app/other"), "FROM scratch\n");
      await rm(join(folder, "app/Dockerfile"), { force: true });
      await symlink(target, join(folder, "app/Dockerfile"));
      const found = await problems({ context: join(folder, "app") });
      assert.match(
        found,
        /^build\.context cannot read the Dockerfile: .*leads out of .*Put the file itself there/,
        target,
      );
    }
  });

  it("a .dockerignore that is a link out of its folder is refused: a build would send all that it leaves out", async () => {
    await symlink("../outside", join(folder, "app/.dockerignore"));
    assert.match(
      await problems({ context: join(folder, "app") }),
      /^build\.context .*\.dockerignore is a link that leads out of/,
    );
  });

  it("a link within the folder is followed", async () => {
    await mkdir(join(folder, "app/docker"));
    await writeFile(join(folder, "app/docker/real"), "FROM scratch\n");
    await rm(join(folder, "app/Dockerfile"));
    await symlink("docker/../docker/real", join(folder, "app/Dockerfile"));
    const text = (await findContext(join(folder, "app"))).text;
    assert.equal(text, "FROM scratch\n");
  });
});
