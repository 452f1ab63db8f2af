import { strict as assert } from "node:assert";
import { systemClock } from "../../../provider/clock";
import { IcaClient } from "../../../provider/ica/client";
import { IcaError } from "../../../provider/ica/transport/error";
import { projectId } from "../../support/context";
import { liveWorkspace } from "../../support/factories";
import { ok, problem, ScriptedServer } from "../../support/servers/scripted-server";
import { until } from "../../support/until";

const workspaces = `/api/projects/${projectId}/workspaces`;
const settings = liveWorkspace();
const reason = new Error("Pulumi cancelled this run");

describe("a cancelled run's calls of ICA", () => {
  let server: ScriptedServer;
  let client: IcaClient;
  let run: AbortController;

  beforeEach(async () => {
    server = await ScriptedServer.start();
    run = new AbortController();
    client = new IcaClient({
      ...{ baseUrl: server.baseUrl, apiKey: "key", clock: systemClock, signal: run.signal },
      policy: { attempts: 6, baseMs: 60_000, capMs: 60_000, longestRetryAfterMs: 120_000 },
    });
  });
  afterEach(() => server.close());

  /** Cancels the run once `when` is so; the error of the call, and how long it took from then on. */
  async function cancelled(call: Promise<unknown>, when: () => boolean): Promise<{ error: IcaError; ms: number }> {
    const outcome = call.then(
      () => assert.fail("the call succeeded"),
      (error: unknown) => error,
    );
    await until("the call is where it is to be cancelled", when, 10_000);
    const start = performance.now();
    run.abort(reason);
    const error = await outcome;
    assert.ok(error instanceof IcaError, String(error));
    assert.deepEqual([error.kind, error.cause], ["aborted", reason]);
    return { error, ms: performance.now() - start };
  }

  it("end at once when they read", async () => {
    server.on("GET", `${workspaces}/ws-1`, "silence");
    const { error, ms } = await cancelled(
      client.workspaces.get(projectId, "ws-1"),
      () => server.count("GET", `${workspaces}/ws-1`) > 0,
    );
    assert.equal(error.message, `GET ${workspaces}/ws-1: Pulumi cancelled this run before ICA answered.`);
    assert.ok(ms < 500, `${ms} ms`);
  });

  it("end at once while they log in", async () => {
    server.on("POST", "/api/tokens", "silence");
    const { error, ms } = await cancelled(client.workspaces.get(projectId, "ws-1"), () => server.logins > 0);
    assert.equal(error.message, "POST /api/tokens: Pulumi cancelled this run before ICA answered.");
    assert.ok(ms < 500, `${ms} ms`);
  });

  it("end at once while they wait for another try, and quote what ICA had said", async () => {
    server.on("GET", `${workspaces}/ws-1`, problem(503, "Busy"));
    const { error, ms } = await cancelled(
      client.workspaces.get(projectId, "ws-1"),
      () => server.count("GET", `${workspaces}/ws-1`) > 0 && server.busy === 0,
    );
    assert.match(error.message, /: Pulumi cancelled this run before another try\. GET .* ICA answered 503 .*Busy/);
    assert.ok(ms < 500, `${ms} ms`);
  });

  it("end at once while the rate limit holds them back", async () => {
    server.on("GET", `${workspaces}/ws-1`, problem(429, "Slow down"));
    const { error, ms } = await cancelled(
      client.workspaces.get(projectId, "ws-1"),
      () => server.count("GET", `${workspaces}/ws-1`) > 0 && server.busy === 0,
    );
    assert.equal(error.message, `GET ${workspaces}/ws-1: Pulumi cancelled this run before it was sent.`);
    assert.ok(ms < 500, `${ms} ms`);
  });

  it("are not sent any more afterwards", async () => {
    run.abort(reason);
    await assert.rejects(client.workspaces.start(projectId, "ws-1"), /before it was sent\.$/);
    assert.deepEqual(server.seen, []);
  });

  it("keep the answer to a write that comes within a second: the id is not lost", async () => {
    let answer: () => void = () => undefined;
    const after = new Promise<void>((resolve) => {
      answer = resolve;
    });
    server.on("POST", workspaces, { status: 201, body: { ...settings, id: "made" }, after });
    const made = client.workspaces.create(projectId, settings, "key-1");
    await until("the creation is in flight", () => server.count("POST", workspaces) > 0, 10_000);
    run.abort(reason);
    setTimeout(answer, 700);
    assert.equal((await made).id, "made");
  });

  it("end a write without an answer within two seconds, as one that ICA may have carried out", async () => {
    server.on("POST", workspaces, "silence");
    const { error, ms } = await cancelled(
      client.workspaces.create(projectId, settings, "key-1"),
      () => server.count("POST", workspaces) > 0,
    );
    assert.equal(
      error.message,
      `POST ${workspaces}: Pulumi cancelled this run before ICA answered, and ICA may have carried it out.`,
    );
    assert.equal(error.isAmbiguous, true);
    assert.ok(ms > 1000 && ms < 1900, `${ms} ms`);
    assert.equal(server.count("POST", workspaces), 1, "it was sent once");
  });

  it("end all reads that share one, and none of another client's", async () => {
    server.on("GET", `${workspaces}`, "silence");
    const other = new IcaClient({ baseUrl: server.baseUrl, apiKey: "key", clock: systemClock });
    const reads = ["ws-1", "ws-2"].map((id) => client.workspaceReads.now(projectId, id));
    const outcomes = Promise.allSettled(reads);
    await until("the list is read", () => server.count("GET", workspaces) > 0, 10_000);
    run.abort(reason);
    for (const outcome of await outcomes) {
      assert.equal(outcome.status === "rejected" && outcome.reason.cause, reason);
    }
    server.on("GET", workspaces, ok({ items: [], totalItemCount: 0 }));
    server.on("GET", `${workspaces}/ws-1`, ok({ ...settings, id: "ws-1" }));
    assert.equal((await other.workspaceReads.now(projectId, "ws-1")).id, "ws-1");
  });
});
