import assert from "node:assert/strict";
import { CreateMultipartUploadCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { z } from "zod";
import { openapiPath } from "../../emulator/http/openapi";
import { restPath } from "../../emulator/http/validation";
import { type Knowledge, type Operation, operationsOf, requestsFor } from "./fuzz/requests";
import { garbage, jsonText } from "./fuzz/schema";
import { signedRequest } from "./fuzz/signed";
import { storeRequests } from "./fuzz/store";
import { bytesOf, exchange, type Reply, type WireRequest } from "./fuzz/wire";
import { at, awsOf, s3Client, TestEmulator, until, V3, V4 } from "./support";

/** Requests for each operation. FUZZ_RUNS=2000 FUZZ_SEED=$RANDOM is a long run that looks elsewhere. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 150);
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_124);

const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  timestamp: z.iso.datetime(),
  parameters: z.record(z.string(), z.string()),
});

describe("an emulator that gets garbage", function () {
  this.timeout(60_000 + RUNS * 1000);
  let server: TestEmulator;
  let port: number;
  let operations: Operation[];
  let knowledge: Knowledge;
  let ids: string[] = [];

  before(async () => {
    server = await TestEmulator.start({ containers: false, transitionMs: 5 });
    port = Number(new URL(server.emulator.url).port);
    operations = operationsOf(await (await fetch(server.emulator.url + openapiPath)).json());
    knowledge = {
      ids: () => ids,
      host: `127.0.0.1:${port}`,
      projectId: server.emulator.projectId,
      apiKey: server.apiKey,
      token: String(at(await server.ok("POST", "/api/tokens"), "token")),
      base: restPath,
    };
    await server.ok("POST", `${server.data}:createFile`, { body: { name: "first.txt" } });
    const url = { url: "docker.io/a:1", name: "image", version: "1", type: "BENCH" };
    const image = await server.ok("POST", "/api/dockerImages:createExternal", { body: url, mediaType: V4 });
    await server.ok("POST", workspaces(), { body: settingsOf(String(at(image, "id")), "first"), mediaType: V4 });
    await lookAround();
  });

  after(() => server.close());

  const workspaces = () => `/api/projects/${server.emulator.projectId}/workspaces`;

  function settingsOf(imageId: string, name: string) {
    return {
      ...{ name, imageId, resourceModel: "standard-small", storageSizeInGb: 10 },
      ...{ access: { web: true, console: true }, network: { mode: "PUBLIC", allowedUrls: [] } },
    };
  }

  /** Learns the ids of what there is by now. */
  async function lookAround(): Promise<void> {
    const lists = await Promise.all([
      server.ok("GET", "/api/regions"),
      server.ok("GET", "/api/dataFormats?pageSize=5"),
      server.ok("GET", `${server.data}?pageSize=10&sort=timeCreated%20desc`),
      server.ok("GET", "/api/dockerImages", { mediaType: V4 }),
      server.ok("GET", `${workspaces()}?pageSize=20`, { mediaType: V4 }),
    ]);
    const found = [...JSON.stringify(lists).matchAll(/"id":"([^"]+)"/g)].map(([, id = ""]) => id);
    ids = [...new Set([knowledge.projectId, ...found])];
  }

  /** What holds for every answer to every request. */
  function check(request: WireRequest, reply: Reply | undefined): void {
    if (reply === undefined) {
      assert.ok(request.method === "CONNECT" || request.framing === "cut", "closed without an answer");
      return;
    }
    assert.ok(reply.status < 500, `${reply.status}: ${reply.body}\n${server.log.slice(-2).join("\n")}`);
    if (reply.status >= 400 && !request.target.startsWith("/s3")) {
      assert.match(
        reply.headers.get("content-type") ?? "",
        /^application\/problem\+json/,
        `${reply.status}: ${reply.body}`,
      );
      if (request.method !== "HEAD") {
        assert.equal(problem.parse(JSON.parse(reply.body)).status, reply.status);
      }
    }
  }

  /** A whole piece of work of each kind. */
  async function stillWorks(): Promise<void> {
    const name = `after-${Date.now()}`;
    const made = await server.ok("POST", `${server.data}:createFileWithTemporaryCredentials`, { body: { name } });
    const aws = awsOf(at(made, "tempCredentials"));
    const put = new PutObjectCommand({ Bucket: aws.bucket, Key: aws.objectPrefix, Body: "whole" });
    await s3Client(server.emulator.s3Url, aws).send(put);
    const file = `${server.data}/${at(made, "data", "id")}`;
    assert.equal(at(await server.ok("GET", file), "data", "details", "fileSizeInBytes"), 5);
    await server.ok("POST", `${file}:delete`);
    const url = { url: "docker.io/a:1", name, version: "1", type: "BENCH" };
    const image = await server.ok("POST", "/api/dockerImages:createExternal", { body: url, mediaType: V4 });
    const body = settingsOf(String(at(image, "id")), name);
    const id = String(at(await server.ok("POST", workspaces(), { body, mediaType: V4 }), "id"));
    await server.ok("POST", `${workspaces()}/${id}:start`);
    await until("the workspace runs", async () => {
      const found = await server.ok("GET", `${workspaces()}/${id}`, { mediaType: V4 });
      return at(found, "status") === "Running" || undefined;
    });
    await server.ok("POST", `${workspaces()}/${id}:stop`);
  }

  const parameters = { numRuns: RUNS, seed: SEED, endOnFailure: true };

  it("answers each of its calls with a problem or a success, never with a 500, and never hangs", async () => {
    assert.ok(operations.length >= 28, `${operations.length} operations`);
    const seen = new Map<number, number>();
    for (const operation of operations) {
      await lookAround();
      await fc.assert(
        fc.asyncProperty(requestsFor(operation, knowledge), async (request) => {
          const reply = await exchange(port, bytesOf(request), { hangUp: request.framing === "cut" });
          check(request, reply);
          seen.set(reply?.status ?? 0, (seen.get(reply?.status ?? 0) ?? 0) + 1);
        }),
        parameters,
      );
    }
    for (const status of [200, 201, 204, 400, 401, 404, 409, 415]) {
      assert.ok((seen.get(status) ?? 0) > 0, `no ${status} among the answers: the requests are too tame, or too wild`);
    }
    await stillWorks();
  });

  it("takes nesting and texts beyond all reason, also under an Idempotency-Key", async () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    for (const [path, body] of [
      [`${server.data}:createFile`, `{"name":"deep","added":${deep}}`],
      [`${server.data}:createFile`, deep],
      [`${server.data}:createFile`, JSON.stringify({ name: "long", folderPath: "x".repeat(200_000) })],
      [workspaces(), `{"name":"deep","added":${deep}}`],
    ]) {
      const headers = { "Idempotency-Key": `deep ${body?.length}` };
      const { status } = await server.call("POST", String(path), {
        body,
        headers,
        mediaType: path === workspaces() ? V4 : V3,
      });
      assert.ok(status < 500, `${path}: ${status}\n${server.log.slice(-1).join("\n")}`);
    }
    await stillWorks();
  }).timeout(20_000);

  it("has an object store that answers garbage under a right signature in S3's form", async () => {
    const made = await server.ok("POST", `${server.data}:createFileWithTemporaryCredentials`, {
      body: { name: "fuzzed" },
    });
    const aws = awsOf(at(made, "tempCredentials"));
    const client = s3Client(server.emulator.s3Url, aws);
    const { UploadId: upload = "" } = await client.send(
      new CreateMultipartUploadCommand({ Bucket: aws.bucket, Key: aws.objectPrefix }),
    );
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(storeRequests(aws, upload), async (wanted) => {
        const reply = await exchange(port, await signedRequest(client, wanted));
        assert.ok(reply !== undefined, "closed without an answer");
        seen.add(reply.status);
        // 501: what a real store has and this one has not
        assert.ok(
          reply.status < 500 || reply.status === 501,
          `${reply.status}: ${reply.body}\n${server.log.slice(-2).join("\n")}`,
        );
        if (reply.status >= 400 && wanted.method !== "HEAD") assert.match(reply.body, /<Error>.*<Code>\w+<\/Code>/s);
      }),
      { ...parameters, numRuns: RUNS * 4 },
    );
    for (const status of [200, 400, 403, 404, 501]) assert.ok(seen.has(status), `no ${status} among ${[...seen]}`);
    await stillWorks();
  });

  it("has an object store that refuses every request without a valid signature", async () => {
    const text = fc.oneof(
      fc.webPath().map((path) => `/${path}`),
      garbage.map((json) => encodeURI(Buffer.from(jsonText(json).slice(0, 5000)).toString())),
    );
    const queries = fc.array(
      fc.tuple(
        fc.constantFrom(...PRESIGNED),
        fc.oneof(text, fc.constantFrom("AWS4-HMAC-SHA256", "20261124T000000Z", "host", "60")),
      ),
      { maxLength: 8 },
    );
    const headers = fc.array(
      fc.tuple(
        fc.constantFrom("Authorization", "X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Security-Token"),
        fc.oneof(
          text.map((value) => value.slice(0, 2000)),
          fc.constant(
            `AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request, SignedHeaders=host;x, Signature=${"0".repeat(64)}`,
          ),
        ),
      ),
      { maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"),
        text,
        queries,
        headers,
        async (method, path, query, given) => {
          const target = `/s3/${path}?${query.map(([name, value]) => `${name}=${value}`).join("&")}`.replace(/\s/g, "");
          const request: WireRequest = {
            method,
            target,
            headers: [["Host", knowledge.host], ...given],
            body: "x",
            framing: "length",
          };
          const reply = await exchange(port, bytesOf(request));
          assert.ok(
            reply !== undefined && reply.status >= 400 && reply.status < 500,
            `${reply?.status}: ${reply?.body}`,
          );
        },
      ),
      { ...parameters, numRuns: RUNS * 4 },
    );
  });

  it("does not hang on what is no request, nor on half of one whose sender is gone", async () => {
    const lines = fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...HALVES)), { maxLength: 6 });
    const raw = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes)),
      lines.map((each) => Buffer.from(each.join("\r\n"))),
      lines.map((each) => Buffer.from(`${each.join("\r\n")}\r\n\r\n`)),
    );
    await fc.assert(
      fc.asyncProperty(raw, async (bytes) => {
        const reply = await exchange(port, bytes, { hangUp: true });
        assert.ok(reply === undefined || reply.status < 500, `${reply?.status}: ${reply?.body}`);
      }),
      { ...parameters, numRuns: RUNS * 8 },
    );
    await stillWorks();
  });
});

/** The parameters of a presigned URL, and those that name an operation. */
const PRESIGNED = [
  ...["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"],
  ...["X-Amz-Security-Token", "uploads", "uploadId", "partNumber", "acl"],
];

const HALVES = [
  ...[
    "GET / HTTP/1.1",
    "GET /ica/rest/api/regions HTTP/1.1",
    "Host: 127.0.0.1",
    "POST /s3/a HTTP/9.9",
    "PRI * HTTP/2.0",
  ],
  ...[
    "Content-Length: 99999999999",
    "Content-Length: -1",
    "Transfer-Encoding: chunked",
    "Upgrade: h2c",
    "Connection: Upgrade",
  ],
  ...["Expect: 100-continue", "CONNECT a:1 HTTP/1.1", "\u0016\u0003\u0001", ": empty", " folded", "fffffffff"],
];
