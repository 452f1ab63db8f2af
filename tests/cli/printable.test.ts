import assert from "node:assert/strict";
import { makeContext, removeContext } from "../support/context-folder";
import { ok, problem, ScriptedServer } from "../support/servers/scripted-server";
import { icaBench } from "./process";

/** Clears the screen, sets the title, goes back to the line's start, and turns its direction around. */
const hostile = "\x1b[2J\x1b]0;t\x07a\rb\x9b2J\u202ec";
const unprintable = /(?![\n\t])[\p{Cc}\p{Cf}]/u;

describe("the command line, with untrusted texts that control a terminal", function () {
  this.timeout(60_000);

  const projectId = "4f7b9c1e-0000-4000-8000-000000000001";

  for (const format of [[], ["--json"]])
    it(`doctor ${format.join()} shows ICA's texts without control characters`, async () => {
      const server = await ScriptedServer.start();
      server.on(
        "GET",
        `/api/projects/${projectId}`,
        ok({ id: projectId, name: hostile, active: true, region: { id: "r" } }),
      );
      server.on("GET", /./, problem(403, `No ${hostile}`));
      server.on(
        "GET",
        `/api/projects/${projectId}`,
        ok({ id: projectId, name: hostile, active: true, region: { id: "r" } }),
      );
      const env = { ICA_BASE_URL: server.baseUrl, ICA_API_KEY: "key", ICA_PROJECT_ID: projectId };
      const { stdout, stderr } = await icaBench(["doctor", ...format], { env });
      await server.close();
      assert.doesNotMatch(stdout + stderr, unprintable);
      assert.match(stdout, format.length === 0 ? /No \\x1b\[2J\\x1b\]0;t\\x07a\\?rb/ : /No \\u001b\[2J/);
    });

  it("an error shows ICA's texts without control characters", async () => {
    const server = await ScriptedServer.start();
    server.on("POST", "/api/tokens", problem(401, `No ${hostile}`));
    const env = { ICA_BASE_URL: server.baseUrl, ICA_API_KEY: "key", ICA_PROJECT_ID: projectId };
    const { stdout, stderr } = await icaBench(["doctor"], { env });
    await server.close();
    assert.equal(stdout, "");
    assert.match(stderr, /No \\x1b\[2J/);
    assert.doesNotMatch(stderr, unprintable);
  });

  for (const format of ["text", "json", "sarif", "github"])
    it(`lint --format ${format} shows what a Dockerfile says as text`, async () => {
      const Dockerfile = "FROM debian:bookworm-slim\nCOPY no-\x1b]0;t\x07\u202e.txt /x\n";
      const folder = await makeContext({ Dockerfile });
      const { stdout, stderr } = await icaBench(["lint", folder, "--format", format]);
      await removeContext(folder);
      assert.doesNotMatch(stdout + stderr, unprintable);
      assert.match(stdout, /ICA0\d\d/);
      assert.match(stdout, /no-\\(?:x1b|u001b)\]0;t/, "it is quoted");
    });
});
