import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import fc from "fast-check";
import { IcaClient } from "../../../provider/ica/client";
import { IcaError, refusal } from "../../../provider/ica/transport/error";
import { largestAnswer } from "../../../provider/ica/transport/received";
import { defaultRetryPolicy } from "../../../provider/ica/transport/retry";
import { FakeClock } from "../../support/fake-clock";
import { drip, endless, gzipOfSpaces, RawServer } from "../../support/servers/raw-server";

const json = { "Content-Type": "application/json" };

describe("an answer of a server that means harm", function () {
  this.timeout(30_000);
  let server: RawServer;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  beforeEach(async () => {
    server = await RawServer.start((request, response) => {
      if (request.url?.endsWith("/api/tokens")) response.writeHead(200, json).end('{"token":"jwt"}');
      else answer(request, response);
    });
  });
  afterEach(() => server.close());

  const list = (timeoutMs?: number) =>
    new IcaClient({
      baseUrl: server.url,
      apiKey: "key",
      clock: new FakeClock(),
      policy: { ...defaultRetryPolicy, attempts: 1 },
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    }).regions.list();

  async function failure(timeoutMs?: number): Promise<IcaError> {
    const thrown: unknown = await list(timeoutMs).then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(thrown instanceof IcaError, String(thrown));
    assert.match(thrown.message, /^GET \/api\/regions/, "it names the call");
    return thrown;
  }

  it("that refuses with a page of brackets only is reported at once", async () => {
    answer = (_, response) => response.writeHead(403).end("<".repeat(80_000));
    const start = performance.now();
    const { message } = await failure();
    assert.ok(performance.now() - start < 5000, `took ${performance.now() - start} ms`);
    assert.match(message, /answered 403 and said: <{299}…\. The owner of the API key/);
  });

  it("that refuses with an endless text is reported by its first characters and read no further", async () => {
    let count = { given: 0 };
    answer = (_, response) => {
      count = endless(response.writeHead(403), Buffer.from("Nobody may. ".repeat(1000)));
    };
    const { message, status } = await failure();
    assert.equal(status, 403);
    assert.match(message, /said: Nobody may\. Nobody .*…\./);
    assert.ok(count.given < 16 * 1024 * 1024, `${count.given} bytes were read`);
  });

  it("that never ends is given up, and not read on", async () => {
    let count = { given: 0 };
    answer = (_, response) => {
      count = endless(response.writeHead(200, json), Buffer.alloc(1024 * 1024, " "));
    };
    const { message, kind } = await failure();
    assert.equal(kind, "unexpected");
    assert.match(message, /the answer does not have the documented form \(it has more than 64 MB\)/);
    assert.ok(count.given < largestAnswer + 32 * 1024 * 1024, `${count.given} bytes were read`);
  });

  it("that is small, and large when it is no longer compressed, counts by what it becomes", async () => {
    const bomb = gzipOfSpaces(60);
    const before = process.memoryUsage().rss;
    answer = (_, response) => response.writeHead(200, { ...json, "Content-Encoding": "gzip" }).end(bomb);
    assert.match((await failure()).message, /more than 64 MB/);
    const grown = process.memoryUsage().rss - before;
    assert.ok(grown < 400e6, `the process grew by ${Math.round(grown / 1e6)} MB`);
  });

  it("that comes byte by byte is given up although something always comes", async () => {
    answer = (_, response) => drip(response.writeHead(200, json), 50, endlessly(" "));
    const { message, kind } = await failure(300);
    assert.equal(kind, "unreachable");
    assert.match(message, /the answer was not over after 600 ms/);
  });

  it("whose error comes byte by byte is given up too", async () => {
    answer = (_, response) => drip(response.writeHead(403), 50, endlessly("x"));
    assert.match((await failure(300)).message, /the answer was not over after 600 ms/);
  });

  it("that stops in the middle is given up", async () => {
    answer = (_, response) => response.writeHead(200, json).write("{");
    assert.match((await failure(300)).message, /nothing came for 300 ms/);
  });

  it("is accepted when it is only slow and each piece arrives in time", async () => {
    answer = (_, response) =>
      drip(response.writeHead(200, json), 400, ['{"items"', ":[", '{"id":"1"', ',"code":', '"use1"}', "]}"]);
    assert.equal((await list(2000))[0]?.code, "use1");
  });

  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

  it("that refuses, nested without end, keeps the call, the status and the first characters", async () => {
    answer = (_, response) => response.writeHead(403, json).end(`{"title":"No","parameters":{"a":${nested(30_000)}}}`);
    const { message, status } = await failure();
    assert.equal(status, 403);
    assert.match(message, /was refused: ICA answered 403 and said: \{"title":"No","parameters":\{"a":\[+…/);
  });

  it("that is a success, nested without end, is an error that names the call", async () => {
    answer = (_, response) => response.writeHead(200, json).end(`{"items":${nested(50_000)}}`);
    assert.match((await failure()).message, /\(it is nested more than 100 levels deep\)/);
  });
});

describe("the words of a refusal", () => {
  const hostile = ["<", ".", " ", "x", "<a", ">", "\n", "\t", "..", "\ud83d\ude00"];
  it("take time in proportion to what is said, and say when something is left out", () => {
    const words = fc
      .tuple(fc.array(fc.constantFrom(...hostile), { minLength: 1, maxLength: 4 }), fc.constantFrom(...hostile))
      .map(([parts, end]) => parts.join("").repeat(40_000) + end);
    const body = words.chain((text) =>
      fc.constantFrom<unknown>(
        text,
        { title: text },
        { title: "a", detail: text },
        { id: text, title: "a" },
        {
          parameters: { a: text },
        },
      ),
    );
    fc.assert(
      fc.property(body, (said) => {
        const start = performance.now();
        const { message } = refusal("GET /x", 400, said);
        assert.ok(performance.now() - start < 2000, `took ${performance.now() - start} ms`);
        assert.ok(message.length < 2000, `${message.length} characters`);
        assert.doesNotMatch(message, /[\ud800-\udbff](?![\udc00-\udfff])/, "no half of a character");
      }),
      { numRuns: 60 },
    );
  });
});

function* endlessly(piece: string): Generator<string> {
  for (;;) yield piece;
}
