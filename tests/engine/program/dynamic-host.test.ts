import { strict as assert } from "node:assert";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import path from "node:path";
import * as grpc from "@grpc/grpc-js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import status from "@pulumi/pulumi/proto/status_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { startTestBench, type TestBench } from "../bench";

const repository = path.resolve(__dirname, "../../..");
type Properties = Record<string, struct.JavaScriptValue>;

/** The stock process that Pulumi runs dynamic resources in, spoken to as the engine does. */
class DynamicHost {
  private constructor(
    readonly process: ChildProcess,
    readonly client: providerGrpc.ResourceProviderClient,
    readonly engine: Server,
  ) {}

  static async start(config: Record<string, string>, env: NodeJS.ProcessEnv): Promise<DynamicHost> {
    const script = path.join(repository, "node_modules/@pulumi/pulumi/cmd/dynamic-provider");
    // The last argument is the engine's address. This one understands no line, and no line that is lost may stop the work.
    const engine = createServer((socket) => socket.on("error", () => undefined));
    engine.listen(0, "127.0.0.1");
    await once(engine, "listening");
    const address = `127.0.0.1:${(engine.address() as AddressInfo).port}`;
    const child = spawn(process.execPath, [script, address], {
      cwd: repository,
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const port = await new Promise<string>((resolve, reject) => {
      child.stdout?.once("data", (chunk: Buffer) => resolve(chunk.toString().trim()));
      child.once("exit", (code) => reject(new Error(`the host ended with ${code}`)));
    });
    const client = new providerGrpc.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    const host = new DynamicHost(child, client, engine);
    const request = new provider.ConfigureRequest();
    request.setArgs(struct.Struct.fromJavaScript(config));
    await host.#call<provider.ConfigureResponse>((done) => client.configure(request, done));
    return host;
  }

  async check(news: Properties, olds: Properties = {}) {
    const request = new provider.CheckRequest();
    request.setOlds(struct.Struct.fromJavaScript(olds));
    request.setNews(struct.Struct.fromJavaScript(news));
    const answer = await this.#call<provider.CheckResponse>((done) => this.client.check(request, done));
    return {
      inputs: answer.getInputs()?.toJavaScript() ?? {},
      failures: answer
        .getFailuresList()
        .map((failure) => ({ property: failure.getProperty(), reason: failure.getReason() })),
    };
  }

  async diff(id: string, olds: Properties, news: Properties) {
    const request = new provider.DiffRequest();
    request.setId(id);
    request.setOlds(struct.Struct.fromJavaScript(olds));
    request.setNews(struct.Struct.fromJavaScript(news));
    const answer = await this.#call<provider.DiffResponse>((done) => this.client.diff(request, done));
    return { changes: answer.getChanges(), replaces: answer.getReplacesList() };
  }

  async create(inputs: Properties) {
    const request = new provider.CreateRequest();
    request.setProperties(struct.Struct.fromJavaScript(inputs));
    const answer = await this.#call<provider.CreateResponse>((done) => this.client.create(request, done));
    return { id: answer.getId(), outs: answer.getProperties()?.toJavaScript() ?? {} };
  }

  async update(id: string, olds: Properties, news: Properties) {
    const request = new provider.UpdateRequest();
    request.setId(id);
    request.setOlds(struct.Struct.fromJavaScript(olds));
    request.setNews(struct.Struct.fromJavaScript(news));
    const answer = await this.#call<provider.UpdateResponse>((done) => this.client.update(request, done));
    return answer.getProperties()?.toJavaScript() ?? {};
  }

  async read(id: string, props: Properties) {
    const request = new provider.ReadRequest();
    request.setId(id);
    request.setProperties(struct.Struct.fromJavaScript(props));
    const answer = await this.#call<provider.ReadResponse>((done) => this.client.read(request, done));
    return { id: answer.getId(), inputs: answer.getInputs()?.toJavaScript() ?? {} };
  }

  async stop(): Promise<void> {
    this.client.close();
    this.engine.close();
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGTERM");
    await ended;
  }

  #call<T>(send: (done: (error: grpc.ServiceError | null, answer: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) =>
      send((error, answer) => (error === null ? resolve(answer) : reject(error))),
    );
  }
}

const code = 'exports.handler = () => require("pulumi-ica/provider").benchImage;';
const noChange = provider.DiffResponse.DiffChanges.DIFF_NONE;
const engineDecides = provider.DiffResponse.DiffChanges.DIFF_UNKNOWN;

describe("the stock dynamic provider process with the constant code", function () {
  this.timeout(60_000);
  let bench: TestBench;
  let host: DynamicHost;
  let imageId: string;
  let declared: Properties;

  before(async () => {
    bench = await startTestBench();
    // An image that is there already: what the process does with it needs no build.
    const made = await bench.byHand("POST", "/api/dockerImages:createExternal", {
      url: "docker.io/library/debian:bookworm-slim",
      name: "external",
      version: "1",
      type: "BENCH",
    });
    imageId = (made.body as { id: string }).id;
    declared = {
      __provider: code,
      name: "external",
      version: "1",
      existingId: imageId,
      access: { web: true, console: true },
    };
    const { ICA_API_KEY: _, ICA_PROJECT_ID: __, ...env } = process.env;
    host = await DynamicHost.start(
      { "ica:apiKey": bench.apiKey, "ica:projectId": bench.projectId, "ica:baseUrl": `${bench.calls.url}/ica/rest` },
      env,
    );
  });

  after(async () => {
    await host?.stop();
    await bench?.close();
  });

  it("takes its configuration from the stack, and names each wrong property", async () => {
    const { failures } = await host.check({ ...declared, onDelete: "explode", nmae: "x" });
    // The engine would print the value of an unknown argument, which may be a secret: so that one stands at the resource.
    assert.deepEqual(failures.map(({ property }) => property).sort(), ["", "onDelete"]);
    assert.match(failures.map(({ reason }) => reason).join(), /nmae: .*name/);
  });

  it("says how to configure it when the API key is missing", async () => {
    const { ICA_API_KEY: _, ...env } = process.env;
    const bare = await DynamicHost.start({}, env);
    try {
      const { failures } = await bare.check(declared);
      assert.match(failures.map(({ reason }) => reason).join(), /pulumi config set --secret ica:apiKey.*ICA_API_KEY/s);
    } finally {
      await bare.stop();
    }
  });

  it("ends with an engine that is gone by the time of its first call", async () => {
    const orphan = await DynamicHost.start({}, process.env);
    const ended = once(orphan.process, "exit");
    orphan.engine.close();
    await once(orphan.engine, "close");
    // Its answer does not matter, and may never come.
    void orphan.check(declared).catch(() => undefined);
    const [exitCode] = await ended;
    orphan.client.close();
    assert.equal(exitCode, 1);
  });

  it("takes an unknown value as right, and leaves it unknown", async () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const { inputs, failures } = await host.check({
      __provider: code,
      name: "built",
      build: { context: unknown },
      access: { web: true },
    });
    assert.deepEqual(failures, []);
    assert.equal(inputs.contextHash, unknown);
    assert.equal(inputs.version, unknown);
  });

  it("creates, compares, reads and keeps the id of what fails half-way", async () => {
    const { inputs } = await host.check(declared);
    const { id, outs } = await host.create(inputs);
    assert.equal(id, imageId);
    assert.equal(outs.__provider, code, "the code stays with the state, or nothing could be deleted later");
    assert.equal(outs.status, "AVAILABLE");

    assert.equal((await host.diff(id, outs, inputs)).changes, noChange);
    assert.deepEqual(await host.diff(id, outs, { ...inputs, version: "2" }), {
      changes: provider.DiffResponse.DiffChanges.DIFF_SOME,
      replaces: ["version"],
    });
    const next = { ...inputs, regions: ["euc1", "use1"] };
    assert.deepEqual(await host.diff(id, outs, next), { changes: engineDecides, replaces: [] });

    bench.calls.fail((_method, p) => p.endsWith(":addRegions"), 403);
    await assert.rejects(host.update(id, outs, next), (error: grpc.ServiceError) => {
      assert.match(error.details, /403/);
      const [packed] = error.metadata.get("grpc-status-details-bin");
      assert.ok(packed instanceof Buffer, "the failure carries what is to be kept");
      const [detail] = status.Status.deserializeBinary(packed).getDetailsList();
      const kept = provider.ErrorResourceInitFailed.deserializeBinary(detail?.getValue_asU8() ?? new Uint8Array());
      assert.equal(kept.getId(), id);
      assert.equal(kept.getProperties()?.toJavaScript().__provider, code);
      return true;
    });
    assert.equal((await host.read(id, outs)).id, id);
  });

  it("calls an image gone when ICA's list does not have it, and only then", async () => {
    const { inputs } = await host.check(declared);
    const { outs } = await host.create(inputs);
    const gone = await host.read("00000000-0000-4000-8000-000000000000", outs);
    assert.equal(gone.id, "");
    bench.calls.fail((_method, p) => p.includes("/dockerImages"), 404, 2);
    await assert.rejects(host.read(imageId, outs), /404/, "a server without images has not deleted them");
  });
});
