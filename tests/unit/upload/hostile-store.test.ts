import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { tryOnce } from "../../../provider/upload/s3-try";
import { UploadError, uploadArchive } from "../../../provider/upload/upload";
import { reading } from "../../support/reading";
import { drip, endless } from "../../support/servers/raw-server";
import { known, Store } from "../../support/servers/s3-store";

const mib = 1024 * 1024;
const data = randomBytes(11 * mib);

describe("an object store that means harm", function () {
  this.timeout(60_000);
  let store: Store;
  const upload = (rest: Partial<Parameters<typeof uploadArchive>[0]> = {}) =>
    uploadArchive({
      source: reading(Readable.from([data], { objectMode: false })),
      credentials: known,
      endpoint: store.endpoint,
      partSize: 5 * mib,
      tries: 1,
      ...rest,
    });
  const failure = async (rest?: Parameters<typeof upload>[0]): Promise<string> => {
    const thrown: unknown = await upload(rest).catch((error: unknown) => error);
    assert.ok(thrown instanceof UploadError, String(thrown));
    assert.match(thrown.message, /^Upload to s3:\/\/images\/bench-images\/rstudio-1\.tar\.bz2 /, "it names the object");
    assert.ok(thrown.message.length < 2000, `${thrown.message.length} characters`);
    return thrown.message;
  };
  const isBeginning = ({ method, url }: IncomingMessage) => method === "POST" && url?.includes("?uploads") === true;

  beforeEach(async () => {
    store = new Store();
    await store.start();
  });
  afterEach(() => store.stop());

  for (const status of [200, 403])
    it(`and whose answer ${status} has no end is not read on`, async () => {
      let count = { given: 0 };
      store.gate = (request, response) => {
        if (!isBeginning(request)) return false;
        count = endless(response.writeHead(status), Buffer.alloc(64 * 1024, " "));
        return true;
      };
      assert.match(await failure(), new RegExp(`failed: S3 answered ${status} with more than 1024 KB\\.`));
      assert.ok(count.given < 32 * mib, `${count.given} bytes were read`);
    });

  it("and whose answer comes byte by byte is given up, and asked again", async () => {
    let asked = 0;
    store.gate = (request, response) => {
      if (!isBeginning(request)) return false;
      asked++;
      drip(response.writeHead(200), 50, Array(10_000).fill(" "));
      return true;
    };
    assert.match(await failure({ idleMs: 400, tries: 2 }), /failed: the try was not over after 1s\./);
    assert.equal(asked, 2);
  });

  it("and whose error is nested without end or has endless text is reported", async () => {
    let body = "<a>".repeat(50_000);
    store.gate = (request, response) => {
      if (!isBeginning(request)) return false;
      response.writeHead(403, { "Content-Type": "application/xml" }).end(body);
      return true;
    };
    const start = performance.now();
    await failure();
    body = `<Error>${"<a>".repeat(50_000)}${"</a>".repeat(50_000)}</Error>`;
    await failure();
    body = `<Error><Code>No</Code><Message>${"No. ".repeat(100_000)}</Message></Error>`;
    assert.match(await failure(), /was refused: S3 said No: No\. No\..*…\./);
    body = `<Error><Code>${"No".repeat(100_000)}</Code><Message>No</Message></Error>`;
    assert.match(await failure(), /was refused: S3 said NoNo.*…: No\./);
    assert.ok(performance.now() - start < 20_000, `took ${performance.now() - start} ms`);
  });
});

describe("the time of a try at an object store", () => {
  const limits = { idleMs: 100, signal: undefined };
  const request = (bytes: number, query = {}) => ({
    method: "POST",
    query,
    headers: { "content-length": String(bytes) },
  });
  /** Answers after a time that is longer than an answer may take, unless it is ended before. */
  const handle = async (_: unknown, { abortSignal }: { abortSignal: AbortSignal }) => {
    await setTimeout(600, undefined, { signal: abortSignal });
    return { response: { statusCode: 200 } };
  };

  it("is that of an answer when nothing is sent", () =>
    assert.rejects(tryOnce(handle, request(0), {}, limits), { name: "TimeoutError" }));

  it("grows with what is sent: a slow line is no fault", async () =>
    assert.equal((await tryOnce(handle, request(16_384), {}, limits)).response.statusCode, 200));

  it("is longer for a completion, which S3 keeps alive for minutes", async () =>
    assert.equal((await tryOnce(handle, request(0, { uploadId: "1" }), {}, limits)).response.statusCode, 200));

  it("ends with the caller's signal, for the caller's reason", async () => {
    const reason = new Error("interrupted");
    for (const signal of [AbortSignal.abort(reason), AbortSignal.timeout(20)])
      for (const ended of [
        tryOnce(handle, request(16_384), {}, { idleMs: 100, signal }),
        tryOnce(handle, request(16_384), { abortSignal: signal }, limits),
      ])
        await assert.rejects(ended, { name: "AbortError" });
  });
});
