import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { assumptions } from "../../../cli/doctor/assumptions";
import { program } from "../../cli/process";
import { RecordingProxy } from "../../support/servers/recording-proxy";
import { TestEmulator } from "../support";

const repository = path.resolve(__dirname, "../../..");
const official =
  process.env.ICA_OPENAPI ?? path.resolve(repository, "..", "shared", "ica-openapi", "openapi_public.yaml");

const reportSchema = z.object({
  openapi: z.string().optional(),
  calls: z.array(z.object({ call: z.string(), outcome: z.string(), why: z.string() })),
  assumptions: z.array(z.object({ id: z.string(), outcome: z.string(), why: z.string() })),
});

describe("ica-bench doctor", function () {
  this.timeout(60_000);

  function doctor(env: Record<string, string>, ...args: string[]) {
    const { ICA_API_KEY, ICA_BASE_URL, ICA_PROJECT_ID, ICA_S3_ENDPOINT, ...clean } = process.env;
    return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const command = [program, "doctor", ...args];
      execFile(process.execPath, command, { env: { ...clean, ...env } }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });
  }

  const outcomes = (stdout: string) =>
    Object.fromEntries(reportSchema.parse(JSON.parse(stdout)).assumptions.map(({ id, outcome }) => [id, outcome]));

  for (const workspaces of [true, false]) {
    describe(`against an emulator ${workspaces ? "with" : "without"} workspace calls`, () => {
      let server: TestEmulator;
      let proxy: RecordingProxy;
      let env: Record<string, string>;
      before(async () => {
        server = await TestEmulator.start({ workspaces });
        proxy = await RecordingProxy.start(server.emulator.url);
        env = { ICA_BASE_URL: proxy.url, ICA_API_KEY: server.apiKey, ICA_PROJECT_ID: server.emulator.projectId };
      });
      after(async () => {
        await proxy.close();
        await server.close();
      });

      it(workspaces ? "says that they hold" : "says that they fail, and ends with 1", async () => {
        const { code, stdout, stderr } = await doctor(env);
        assert.equal(code, workspaces ? 0 : 1, stdout + stderr);
        for (const { id } of assumptions) assert.match(stdout, new RegExp(`^(holds|fails|unknown) +${id} `, "m"));
        assert.match(stdout, workspaces ? /^holds +W1 /m : /^fails +W1 /m);
        assert.match(stdout, /^holds +I1 /m);
        assert.match(stdout, /BenchImage: nothing speaks against it/);
        assert.match(stdout, workspaces ? /Workspace: {2}nothing speaks/ : /Workspace: {2}cannot work here, for W1/);
      });

      it("prints the same as JSON, writes nothing, and shows the key nowhere", async () => {
        proxy.take();
        const { stdout, stderr } = await doctor(env, "--json");
        const found = outcomes(stdout);
        assert.deepEqual(
          Object.keys(found),
          assumptions.map(({ id }) => id),
        );
        assert.equal(found.W1, workspaces ? "holds" : "fails");
        assert.equal(found.W2, workspaces ? "holds" : "unknown");
        assert.equal(found.W8, workspaces ? "holds" : "unknown");
        assert.match(reportSchema.parse(JSON.parse(stdout)).openapi ?? "", /openapi\.json$/);
        const written = proxy.take().filter(({ method, path: at }) => method !== "GET" && !at.endsWith("/api/tokens"));
        assert.deepEqual(written, []);
        assert.ok(!(stdout + stderr).includes(server.apiKey));
      });

      it("checks against ICA's official document, when it is available", async function () {
        if (!existsSync(official)) this.skip();
        const { code, stdout } = await doctor(env, "--json", "--openapi", official);
        const { calls } = reportSchema.parse(JSON.parse(stdout));
        assert.deepEqual(calls[0]?.outcome, "holds", calls[0]?.why);
        assert.equal(outcomes(stdout).W1, workspaces ? "unknown" : "fails", "the official document has no such calls");
        assert.equal(code, workspaces ? 0 : 1);
      });
    });
  }

  describe("when nothing can be said", () => {
    let server: TestEmulator;
    before(async () => {
      server = await TestEmulator.start();
    });
    after(() => server.close());

    const cases: [string, () => Record<string, string>, string[], RegExp][] = [
      ["no key", () => ({}), [], /ica:apiKey is not set/],
      ["no project", () => ({ ICA_API_KEY: server.apiKey, ICA_BASE_URL: server.emulator.url }), [], /ICA_PROJECT_ID/],
      ["a wrong key", () => ({ ...all(), ICA_API_KEY: "wrong-key" }), [], /401.*Check the API key/],
      ["a wrong project", () => ({ ...all(), ICA_PROJECT_ID: "elsewhere" }), [], /There is no project elsewhere/],
      ["no answer", () => ({ ...all(), ICA_BASE_URL: "http://127.0.0.1:1" }), [], /no answer/],
      ["a mistyped option", all, ["--opneapi", "openapi.yaml"], /unknown option '--opneapi'/],
      ["no such document", all, ["--openapi", "absent.yaml"], /absent\.yaml cannot be read/],
    ];
    function all(): Record<string, string> {
      return {
        ICA_API_KEY: server.apiKey,
        ICA_BASE_URL: server.emulator.url,
        ICA_PROJECT_ID: server.emulator.projectId,
      };
    }
    for (const [title, env, args, words] of cases) {
      it(`ends with 2 and says why: ${title}`, async () => {
        const { code, stdout, stderr } = await doctor(env(), ...args);
        assert.equal(code, 2, stdout + stderr);
        assert.match(stderr, words);
        assert.equal(stdout, "");
        assert.doesNotMatch(stderr, /wrong-key|\n +at /);
      });
    }
  });
});
