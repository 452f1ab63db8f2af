import { strict as assert } from "node:assert";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  ConfigureRequest,
  CreateRequest,
  ErrorResourceInitFailed,
  ReadRequest,
} from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { received, sent } from "../../../provider/plugin/values";
import { projectId } from "../../support/context";
import { liveWorkspace, workspaceInputs } from "../../support/factories";
import { BenchServer } from "../../support/servers/bench-server";
import { ScriptedServer } from "../../support/servers/scripted-server";
import { until } from "../../support/until";

const main = path.resolve(__dirname, "../../../provider/plugin/main.ts");
const urn = "urn:pulumi:dev::test::ica:index:Workspace::w";

describe("the plugin's process", function () {
  this.timeout(60_000);
  let ica: ScriptedServer;
  let bench: BenchServer;
  /** Stands for the engine: a port that is open. */
  let engine: Server;
  const connections = new Set<Socket>();
  let child: ChildProcess;
  let client: ResourceProviderClient;
  let ended: Promise<number | null>;

  beforeEach(async () => {
    ica = await ScriptedServer.start();
    bench = new BenchServer(ica);
    engine = createServer((socket) => {
      connections.add(socket);
      socket.on("error", () => undefined);
    });
    engine.listen(0, "127.0.0.1");
    await once(engine, "listening");
    const address = `127.0.0.1:${(engine.address() as AddressInfo).port}`;
    child = spawn(process.execPath, ["--require", "tsx", main, address], { stdio: ["ignore", "pipe", "inherit"] });
    ended = once(child, "exit").then(([code]) => code);
    const [port] = await once(child.stdout ?? assert.fail(), "data");
    client = new ResourceProviderClient(`127.0.0.1:${Number(String(port))}`, credentials.createInsecure());
    const settings = new ConfigureRequest();
    settings.setArgs(sent({ apiKey: "key", baseUrl: ica.baseUrl, projectId }));
    await answer(client.configure, settings);
  });

  afterEach(async () => {
    client.close();
    child.kill("SIGKILL");
    for (const socket of connections) socket.destroy();
    engine.close();
    await ica.close();
  });

  const answer = <Request, Response>(
    method: (request: Request, callback: (error: ServiceError | null, response: Response) => void) => unknown,
    request: Request,
  ) =>
    new Promise<Response>((resolve, reject) => {
      method.call(client, request, (error, response) => (error === null ? resolve(response) : reject(error)));
    });

  /** The words of a call that fails. */
  const failure = (call: Promise<unknown>): Promise<ServiceError> =>
    call.then(
      () => assert.fail("the call succeeded"),
      (error: ServiceError) => error,
    );

  function creation(timeout = 0): CreateRequest {
    const request = new CreateRequest();
    request.setUrn(urn);
    request.setProperties(sent({ ...workspaceInputs({ desiredState: "running" }) }));
    request.setTimeout(timeout);
    return request;
  }

  function read(): ReadRequest {
    const request = new ReadRequest();
    request.setUrn(urn);
    request.setId("ws-1");
    request.setProperties(sent({ ...workspaceInputs(), workspaceId: "ws-1", status: "Stopped" }));
    return request;
  }

  /** What a half-finished creation left for the state. */
  function kept(error: ServiceError): { id: string; values: Readonly<Record<string, unknown>> } {
    const [bytes] = error.metadata.get("grpc-status-details-bin");
    const [detail] = Status.deserializeBinary(Buffer.from(bytes ?? "")).getDetailsList();
    const failed = ErrorResourceInitFailed.deserializeBinary(detail?.getValue_asU8() ?? new Uint8Array());
    return { id: failed.getId(), values: received(failed.getProperties()).values };
  }

  const isWaiting = () => ica.count("GET", /\/workspaces\/made-1$/) > 0;

  it("ends its calls at Cancel, with the reason and the id, and itself at SIGINT", async () => {
    bench.afterStart = [{ status: "Starting" }];
    const created = failure(answer(client.create, creation()));
    await until("the workspace is waited for", isWaiting);
    await answer(client.cancel, new Empty());
    const start = performance.now();
    const error = await created;
    assert.ok(performance.now() - start < 1000, "the call ended late");
    // In the pause between two looks, or during a look.
    const words = /Pulumi cancelled this run (?:in the wait for .* to be Running|before ICA answered)\./;
    assert.match(error.details, words);
    assert.match(error.details, /^workspace "genomics": /);
    assert.equal(kept(error).id, "made-1");
    child.kill("SIGINT");
    assert.equal(await ended, 0);
    assert.ok(performance.now() - start < 2000, "the process ended late");
  });

  it("ends at SIGINT once nothing is in flight, without a Cancel, although the engine's connection is open", async () => {
    ica.on("GET", /\/workspaces/, "silence");
    const failed = failure(answer(client.read, read()));
    await until("ICA is asked", () => ica.count("GET", /\/workspaces/) > 0);
    const start = performance.now();
    child.kill("SIGINT");
    assert.match((await failed).details, /: Pulumi ended the plugin \(SIGINT\) before ICA answered\. Run the same/);
    assert.equal(await ended, 0);
    assert.ok(performance.now() - start < 2000, "the process ended late");
  });

  it("refuses what comes after Cancel, with the same reason, and asks ICA nothing", async () => {
    bench.has(liveWorkspace());
    await answer(client.cancel, new Empty());
    const { details } = await failure(answer(client.read, read()));
    assert.match(details, /^workspace "genomics": POST \/api\/tokens: Pulumi cancelled this run before it was sent\./);
    assert.deepEqual(ica.seen, []);
  });

  it("ends with an engine that is gone, and with it what runs", async () => {
    ica.on("GET", /\/workspaces/, "silence");
    answer(client.read, read()).catch(() => undefined);
    await until("ICA is asked", () => ica.count("GET", /\/workspaces/) > 0 && connections.size > 0);
    const start = performance.now();
    engine.close();
    for (const socket of connections) socket.destroy();
    await ended;
    assert.ok(performance.now() - start < 6000, "the process ended late");
  });

  it("takes the engine's limit for a creation: the handler's own message, the id kept, the limit not in the state", async () => {
    bench.afterStart = [{ status: "Starting" }];
    const error = await failure(answer(client.create, creation(1.5)));
    assert.match(error.details, /^workspace "genomics" is Starting, not Running, after \ds\. It stays in the state/);
    const { id, values } = kept(error);
    assert.deepEqual([id, values.timeouts], ["made-1", undefined]);
    assert.doesNotMatch(JSON.stringify(values), /limit|1\.5|1500/i);
  });
});
