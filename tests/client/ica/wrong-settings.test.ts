import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { readConfig } from "../../../provider/config";
import { IcaClient } from "../../../provider/ica/client";
import { FakeClock } from "../../support/fake-clock";
import { ok, problem, type Reply, ScriptedServer } from "../../support/servers/scripted-server";

const ofStack = (values: Record<string, string>) => (key: string) => values[key];

/** The client as a run of Pulumi has it: from a configuration. */
function clientOf(values: Record<string, string>, env: Record<string, string> = {}): IcaClient {
  const config = readConfig(ofStack({ "ica:apiKey": "key", ...values }), env);
  const { baseUrl, apiKey } = config;
  const policy = { attempts: 1, baseMs: 0, capMs: 0, longestRetryAfterMs: 0 };
  return new IcaClient({ baseUrl, apiKey, settings: config, clock: new FakeClock(), policy });
}

async function wordsOf(call: Promise<unknown>): Promise<string> {
  const [outcome] = await Promise.allSettled([call]);
  assert.equal(outcome?.status, "rejected", "the call fails");
  return outcome.reason instanceof Error ? outcome.reason.message : String(outcome.reason);
}

describe("a wrong setting", () => {
  let server: ScriptedServer;
  let origin: string;
  beforeEach(async () => {
    server = await ScriptedServer.start();
    origin = new URL(server.baseUrl).origin;
  });
  afterEach(() => server.close());

  describe("for the address of ICA", () => {
    const page = "<!doctype html><html><title>Sign in</title><body>Welcome</body></html>";
    const others: [string, Reply, RegExp][] = [
      ["has nothing at this path", problem(404, "Not Found"), /answered 404/],
      ["takes no POST there", problem(405, "Method Not Allowed"), /answered 405/],
      ["wants another form", problem(400, "Bad Request"), /answered 400/],
      ["shows a page to sign in", { status: 200, headers: { "Content-Type": "text/html" }, body: page }, /a web page/],
      ["is another service", ok({ status: "up" }), /does not have the documented form \(token/],
      ["says nothing", { status: 204 }, /does not have the documented form/],
      ["leads elsewhere", { status: 302, headers: { Location: "https://sso.example/login" } }, /sso\.example\/login/],
    ];
    for (const [what, reply, words] of others)
      it(`is named when the server there ${what}, with its source and the address to try`, async () => {
        server.on("POST", "/wrong/path/api/tokens", reply);
        const raw = await wordsOf(clientOf({}, { ICA_BASE_URL: `${origin}/wrong/path/` }).regions.list());
        assert.match(raw, words);
        const advice =
          `${origin}/wrong/path is ICA_BASE_URL in the environment, and does not look like the address of ICA's REST API, ` +
          `which has the form https://ica.illumina.com/ica/rest. Try ${origin}/ica/rest.`;
        assert.ok(raw.includes(advice), raw);
      });

    it("has no other address to suggest when the path is the usual one", async () => {
      server.on("POST", "/api/tokens", problem(404, "Not Found"));
      const words = await wordsOf(clientOf({ "ica:baseUrl": origin }).regions.list());
      assert.match(words, /\/ica\/rest is ica:baseUrl in the stack's configuration, .*Is this host an ICA\?$/);
    });

    it("is named with its source when a proxy on the way answers with a fault", async () => {
      server.on("POST", "/api/tokens", problem(502, "Bad Gateway"));
      const words = await wordsOf(clientOf({ "ica:baseUrl": origin }).regions.list());
      assert.ok(words.endsWith(`${origin}/ica/rest was asked: ica:baseUrl in the stack's configuration.`), words);
    });

    it("is named with its source when there is no answer; the default says that it is one", async () => {
      await server.close();
      const words = await wordsOf(clientOf({ "ica:baseUrl": origin }).regions.list());
      assert.ok(words.endsWith(`${origin}/ica/rest is ica:baseUrl in the stack's configuration.`), words);
      const { from } = readConfig(ofStack({ "ica:apiKey": "key" }), {});
      assert.equal(from.baseUrl, "the default, since neither ica:baseUrl nor ICA_BASE_URL is set");
    });

    it("with https for a server that speaks http is seen as that", async () => {
      const plain: Server = createServer((_request, response) => response.end());
      plain.listen(0, "127.0.0.1");
      await once(plain, "listening");
      const at = plain.address();
      const port = typeof at === "object" ? at?.port : undefined;
      const words = await wordsOf(clientOf({ "ica:baseUrl": `https://127.0.0.1:${port}` }).regions.list());
      plain.close();
      assert.match(words, new RegExp(`speaks no https: try http://127\\.0\\.0\\.1:${port}/ica/rest`));
    });
  });

  it("for the key is named with its source, and never shown", async () => {
    server.on("POST", "/api/tokens", problem(401, "Unknown key"));
    const address = { "ica:baseUrl": origin };
    const ours = await wordsOf(
      clientOf({ ...address, "ica:apiKey": "s3cret" }, { ICA_API_KEY: "0ther" }).regions.list(),
    );
    assert.match(
      ours,
      /The refused key is ica:apiKey in the stack's configuration \(ICA_API_KEY is set too: the configuration comes first\)\.$/,
    );
    assert.doesNotMatch(ours, /s3cret|0ther/);
    const theirs = await wordsOf(clientOf({ ...address, "ica:apiKey": "" }, { ICA_API_KEY: "0ther" }).regions.list());
    assert.match(theirs, /The refused key is ICA_API_KEY in the environment\.$/);
  });

  describe("for the project", () => {
    beforeEach(() => {
      server.on("POST", "/api/tokens", ok({ token: "jwt" }));
      server.on("GET", /projects/, problem(404, "Not Found"));
      server.on("POST", /projects/, problem(404, "Not Found"));
    });
    const client = () => clientOf({ "ica:baseUrl": origin }, { ICA_PROJECT_ID: "p-1" });

    it("is named with its source by each call that names only the project", async () => {
      const advice =
        /Does project p-1 exist, and may the owner of the API key see it\? The id is ICA_PROJECT_ID in the environment\.$/;
      assert.match(await wordsOf(client().projects.get("p-1")), advice);
      assert.match(await wordsOf(client().projectData.findByPath("p-1", "/a")), advice);
      assert.match(await wordsOf(client().workspaces.list("p-1")), advice);
    });

    it("is not blamed on the setting when the resource names another one, nor for a thing in a project", async () => {
      assert.match(
        await wordsOf(client().projects.get("p-2")),
        /Does project p-2 exist.* the projectId of a resource\.$/,
      );
      assert.doesNotMatch(await wordsOf(client().projectData.get("p-1", "fil.1")), /Does project/);
    });
  });
});

describe("a spare API key", () => {
  let server: ScriptedServer;
  let spare: string | undefined;
  let used: number;
  beforeEach(async () => {
    server = await ScriptedServer.start();
    [spare, used] = ["new", 0];
    server.on("POST", "/api/tokens", ({ headers }) =>
      headers["x-api-key"] === "new" ? ok({ token: "jwt" }) : problem(401, `No key ${String(headers["x-api-key"])}`),
    );
    server.on("GET", "/api/regions", ok({ items: [] }));
  });
  afterEach(() => server.close());
  const client = (apiKey: string) =>
    new IcaClient({
      baseUrl: server.baseUrl,
      apiKey,
      clock: new FakeClock(),
      spareKey: { find: () => spare, used: () => void used++ },
    });

  it("is used when ICA refuses the first key, and that is reported once", async () => {
    const one = client("old");
    await Promise.all([one.regions.list(), one.regions.list()]);
    await one.regions.list();
    assert.equal(used, 1);
    assert.equal(server.logins, 2);
  });

  it("is not used while the first key works, nor for another fault than a 401", async () => {
    await client("new").regions.list();
    server.on("POST", "/api/tokens", problem(403, "Forbidden"));
    assert.match(await wordsOf(client("old").regions.list()), /403/);
    assert.equal(used, 0);
  });

  it("that is refused too is blanked, as the first one", async () => {
    spare = "sp4re";
    const words = await wordsOf(client("f1rst").regions.list());
    assert.match(words, /No key \[secret\]/);
    assert.equal(used, 0);
  });

  it("is used no longer once it does not count any more", async () => {
    const one = client("old");
    await one.regions.list();
    spare = undefined;
    assert.match(await wordsOf(one.regions.list()), /401/);
  });
});
