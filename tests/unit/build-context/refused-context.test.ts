import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { ContextError, computeContextHash } from "../../../provider/build-context/hash";
import { contextManifest, eachContext, pathsOf, smallContext } from "./made-contexts";

describe("contextHash", function () {
  this.timeout(60_000);
  const make = eachContext();

  describe("is refused, at its property,", () => {
    const refused = (build: Parameters<typeof computeContextHash>[0], property: string, message: RegExp) =>
      assert.rejects(computeContextHash(build), (error: unknown) => {
        assert.ok(error instanceof ContextError, String(error));
        assert.equal(error.property, property);
        assert.match(error.message, message);
        return true;
      });

    it("for a context that is not there or is no folder, and for a missing Dockerfile", async () => {
      const context = await make({ file: "" });
      await refused({ context: join(context, "none") }, "build.context", /none does not exist/);
      await refused(
        { context: join(context, "file"), dockerfile: join(context, "file") },
        "build.context",
        /not a folder/,
      );
      await refused({ context }, "build.dockerfile", /Dockerfile does not exist/);
    });

    it("for sockets and pipes, unless .dockerignore leaves them out", async () => {
      const context = await make({ Dockerfile: "" });
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(join(context, "sock"), resolve));
      await refused({ context }, "build.context", /sock is a socket.*\.dockerignore/);
      await writeFile(join(context, ".dockerignore"), "sock\n");
      assert.match(await computeContextHash({ context }), /^[0-9a-f]{64}$/);
      await new Promise((resolve) => server.close(resolve));
      spawnSync("mkfifo", [join(context, "pipe")]);
      await refused({ context }, "build.context", /pipe is a pipe/);
    });

    it("for names that are not UTF-8, unless .dockerignore leaves them out", async function () {
      if (process.platform !== "linux") this.skip();
      const context = await make({ Dockerfile: "" });
      await writeFile(Buffer.concat([Buffer.from(`${context}/bad-`), Buffer.from([0xff])]), "");
      await refused({ context }, "build.context", /"bad-\uFFFD" is not UTF-8/);
      await writeFile(join(context, ".dockerignore"), "bad-*\n");
      assert.match(await computeContextHash({ context }), /^[0-9a-f]{64}$/);
    });

    it("for a folder that may not be read", async function () {
      if (process.platform === "win32") this.skip();
      const context = await make({ Dockerfile: "", "closed/file": "" });
      await chmod(context, 0o755);
      await chmod(join(context, "closed"), 0);
      // Root may read everything, so for a moment the test runs as another user.
      const root = process.getuid?.() === 0;
      if (root) process.seteuid?.(1000);
      try {
        await refused({ context }, "build.context", /closed may not be read/);
      } finally {
        if (root) process.seteuid?.(0);
        await chmod(join(context, "closed"), 0o755);
      }
    });

    it("for a file or Dockerfile that may not be read, unless .dockerignore leaves it out", async function () {
      if (process.platform === "win32") this.skip();
      const context = await make({ Dockerfile: "", closed: "secret" });
      await chmod(context, 0o755);
      await chmod(join(context, "closed"), 0);
      const root = process.getuid?.() === 0;
      if (root) process.seteuid?.(1000);
      try {
        await refused({ context }, "build.context", /closed may not be read.*\.dockerignore/);
        await refused({ context, dockerfile: join(context, "closed") }, "build.dockerfile", /closed may not be read/);
      } finally {
        if (root) process.seteuid?.(0);
      }
      await writeFile(join(context, ".dockerignore"), "closed\n");
      if (root) process.seteuid?.(1000);
      try {
        assert.match(await computeContextHash({ context }), /^[0-9a-f]{64}$/);
      } finally {
        if (root) process.seteuid?.(0);
      }
    });

    it("for a link whose target is not UTF-8", async function () {
      if (process.platform !== "linux") this.skip();
      const context = await make({ Dockerfile: "" });
      await symlink(Buffer.from([0x62, 0xff]), join(context, "link"));
      await refused({ context }, "build.context", /"b\uFFFD" is not UTF-8/);
    });

    it("for a pattern in .dockerignore that cannot be read", async () => {
      const context = await make({ Dockerfile: "", ".dockerignore": "[\n" });
      await refused({ context }, "build.context", /\.dockerignore pattern cannot be read/);
    });

    it("for a NUL character in a value", async () => {
      await refused({ context: await make(smallContext), args: { A: "\0" } }, "build.args", /NUL/);
      await refused({ context: await make(smallContext), labels: { A: "\0" } }, "build.labels", /NUL/);
    });

    it("but not for links that lead in a circle or nowhere: they count by their targets", async () => {
      const records = await contextManifest({
        context: await make({ Dockerfile: "", loop: { link: "loop" }, gone: { link: "/gone" } }),
      });
      assert.deepEqual(pathsOf(records), ["Dockerfile", "gone", "loop"]);
    });
  });
});
