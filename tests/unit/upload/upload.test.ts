import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import fc from "fast-check";
import { UploadError, uploadArchive } from "../../../provider/upload/upload";
import { reading } from "../../support/reading";
import { known, renewed, Store } from "../../support/servers/s3-store";

const mib = 1024 * 1024;
function answerExpired(response: ServerResponse): true {
  response.writeHead(400, { "Content-Type": "application/xml" });
  response.end("<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>");
  return true;
}

/** Gives the bytes in pieces that do not fit the parts. */
function pieces(data: Buffer, size = 300_001): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
    })(),
    { objectMode: false },
  );
}

describe("the upload of an archive", function () {
  this.timeout(30_000);
  let store: Store;

  beforeEach(async () => {
    store = new Store();
    await store.start();
  });
  afterEach(() => store.stop());

  it("puts the bytes in parts, and gives their number, the size and the SHA-256", async () => {
    const data = randomBytes(17 * mib);
    const progress: number[] = [];
    const done = await uploadArchive({
      source: reading(pieces(data)),
      credentials: known,
      endpoint: store.endpoint,
      partSize: 5 * mib,
      onProgress: (bytes) => progress.push(bytes),
    });
    assert.deepEqual(done, { bytes: data.length, sha256: createHash("sha256").update(data).digest("hex"), parts: 4 });
    assert.ok((await store.object()).equals(data), "the object is not what was sent");
    assert.equal(progress.at(-1), data.length);
    assert.deepEqual(
      [...progress].sort((a, b) => a - b),
      progress,
      "progress went backwards",
    );
  });

  for (const [what, size] of [
    ["several parts", 12 * mib],
    ["one request", 1000],
  ] as const) {
    it(`of ${what} writes nothing when what is asked right before the end says no`, async () => {
      const refusal = new Error("another run was quicker");
      let read = 0;
      const source = pieces(randomBytes(size)).on("data", (chunk: Buffer) => {
        read += chunk.length;
      });
      source.pause();
      const upload = uploadArchive({
        source: reading(source),
        credentials: known,
        endpoint: store.endpoint,
        partSize: 5 * mib,
        beforeEnd: async () => {
          assert.equal(read, size, "asked before all was read");
          throw refusal;
        },
      });
      await assert.rejects(upload, (error) => error === refusal);
      assert.equal(await store.hasObject(), false);
    });
  }

  it("puts every byte in its place, for pieces and parts of any size", async () => {
    const archive = fc
      .tuple(fc.nat(40), fc.constantFrom(-1, 0, 1))
      .map(([parts, more]) => randomBytes(Math.max(0, parts * 10_000 + more)));
    await fc.assert(
      fc.asyncProperty(archive, fc.integer({ min: 1, max: 90_000 }), async (data, piece) => {
        const { parts } = await uploadArchive({
          source: reading(pieces(data, piece)),
          credentials: known,
          endpoint: store.endpoint,
          partSize: 10_000,
        });
        assert.equal(parts, Math.max(1, Math.ceil(data.length / 10_000)));
        assert.ok((await store.object()).equals(data), "the object is not what was sent");
      }),
      { numRuns: 20 },
    );
  });

  it("takes a small archive, and an empty one", async () => {
    for (const data of [Buffer.from("small"), Buffer.alloc(0)]) {
      const done = await uploadArchive({ source: reading(pieces(data)), credentials: known, endpoint: store.endpoint });
      assert.deepEqual([done.bytes, done.parts], [data.length, 1]);
      assert.ok((await store.object()).equals(data));
    }
  });

  it("sends the encryption that ICA asks for, AES256 when it says nothing", async () => {
    const kms = {
      ...known,
      serverSideEncryptionAlgorithm: "AWS:KMS",
      serverSideEncryptionKey: "arn:aws:kms:us-east-1:1:key/2",
    };
    await uploadArchive({ source: reading(pieces(randomBytes(10))), credentials: known, endpoint: store.endpoint });
    await uploadArchive({ source: reading(pieces(randomBytes(10))), credentials: kms, endpoint: store.endpoint });
    const [first, second] = store.seen.filter(({ method }) => method === "PUT").map(({ headers }) => headers);
    assert.equal(first?.["x-amz-server-side-encryption"], "AES256");
    assert.equal(second?.["x-amz-server-side-encryption"], "aws:kms");
    assert.equal(second?.["x-amz-server-side-encryption-aws-kms-key-id"], "arn:aws:kms:us-east-1:1:key/2");
    assert.equal(first?.["x-amz-security-token"], known.sessionToken);
    const odd = { ...known, serverSideEncryptionAlgorithm: "ROT13" };
    const source = pieces(randomBytes(10));
    await assert.rejects(
      uploadArchive({ source: reading(source), credentials: odd, endpoint: store.endpoint }),
      /ROT13/,
    );
    assert.ok(source.destroyed, "what gives the archive would wait for ever");
  });

  it("tries a part again after a fault of the store", async () => {
    let faults = 2;
    store.gate = (request, response) => {
      if (request.method !== "PUT" || faults === 0) return false;
      faults--;
      response.writeHead(503).end();
      return true;
    };
    const data = randomBytes(6 * mib);
    await uploadArchive({
      source: reading(pieces(data)),
      credentials: known,
      endpoint: store.endpoint,
      partSize: 5 * mib,
    });
    assert.ok((await store.object()).equals(data));
  });

  it("continues with new credentials, requested once, when the old ones expire during the upload", async () => {
    store.gate = (request, response) =>
      request.method === "PUT" &&
      request.headers["x-amz-security-token"] === known.sessionToken &&
      answerExpired(response);
    let renewals = 0;
    const renew = async () => {
      renewals++;
      return renewed;
    };
    const data = randomBytes(26 * mib);
    await uploadArchive({
      source: reading(pieces(data)),
      credentials: known,
      renew,
      endpoint: store.endpoint,
      partSize: 5 * mib,
    });
    assert.ok((await store.object()).equals(data));
    assert.equal(renewals, 1);
  });

  it("says so when the credentials ended and there is no way to new ones, and shows no secret", async () => {
    store.gate = (_, response) => answerExpired(response);
    const secretive = { ...known, secretKey: "s3cr3t-s3cr3t", sessionToken: "t0k3n-t0k3n" };
    await assert.rejects(
      uploadArchive({ source: reading(pieces(randomBytes(10))), credentials: secretive, endpoint: store.endpoint }),
      (error: unknown) => {
        assert.ok(error instanceof UploadError);
        assert.equal(error.code, "ExpiredToken");
        assert.match(
          error.message,
          /s3:\/\/images\/bench-images\/rstudio-1\.tar\.bz2 was refused: S3 said ExpiredToken: .*temporary credentials ended/,
        );
        assert.equal(error.cause, undefined);
        assert.doesNotMatch(JSON.stringify(error) + error.stack, /s3cr3t|t0k3n|a-secret/);
        return true;
      },
    );
  });

  it("removes its parts and passes on the error when the source fails", async () => {
    const source = Readable.from(
      (async function* () {
        for (let i = 0; i < 12; i++) yield randomBytes(mib);
        throw new Error("docker save broke");
      })(),
      { objectMode: false },
    );
    await assert.rejects(
      uploadArchive({ source: reading(source), credentials: known, endpoint: store.endpoint, partSize: 5 * mib }),
      /^Error: docker save broke$/,
    );
    assert.ok(
      store.seen.some(({ method }) => method === "PUT"),
      "the test wants parts under way",
    );
    assert.deepEqual(store.open(), [], "parts are left in the store");
    assert.equal(await store.hasObject(), false);
  });

  it("removes its parts and destroys the source when the store refuses a part", async () => {
    store.gate = (request, response) => {
      if (!/partNumber=2/.test(request.url ?? "")) return false;
      response.writeHead(403, { "Content-Type": "application/xml" });
      response.end("<Error><Code>AccessDenied</Code><Message>Not allowed here.</Message></Error>");
      return true;
    };
    const source = pieces(randomBytes(30 * mib));
    await assert.rejects(
      uploadArchive({ source: reading(source), credentials: known, endpoint: store.endpoint, partSize: 5 * mib }),
      /AccessDenied: Not allowed here\./,
    );
    assert.deepEqual(store.open(), []);
    assert.equal(source.destroyed, true);
  });

  it("waits for no more of an archive of which a part was refused, and says what the store said", async () => {
    store.gate = (request, response) => {
      if (!/partNumber=2/.test(request.url ?? "")) return false;
      response.writeHead(403, { "Content-Type": "application/xml" });
      response.end("<Error><Code>AccessDenied</Code><Message>Not allowed here.</Message></Error>");
      return true;
    };
    let given = 0;
    const stalled = new Readable({
      read() {
        if (given++ < 12) this.push(randomBytes(mib));
      },
    });
    await assert.rejects(
      uploadArchive({ source: reading(stalled), credentials: known, endpoint: store.endpoint, partSize: 5 * mib }),
      /AccessDenied: Not allowed here\./,
    );
    assert.deepEqual(store.open(), []);
  });

  it("ends at once when it is aborted, and removes its parts", async () => {
    const abort = new AbortController();
    // The store takes the first part and then never answers, nor does the source ever end.
    store.gate = (request) => {
      if (!/partNumber=2/.test(request.url ?? "")) return false;
      abort.abort(new Error("pulumi was interrupted"));
      return true;
    };
    let given = 0;
    const source = new Readable({
      read() {
        if (given++ < 12) this.push(randomBytes(mib));
      },
    });
    await assert.rejects(
      uploadArchive({
        source: reading(source),
        credentials: known,
        endpoint: store.endpoint,
        partSize: 5 * mib,
        signal: abort.signal,
      }),
      /^Error: pulumi was interrupted$/,
    );
    assert.deepEqual(store.open(), []);
    assert.equal(await store.hasObject(), false);
    assert.equal(source.destroyed, true);
  });

  it("says which store cannot be reached", async () => {
    const { endpoint } = store;
    await store.stop();
    await assert.rejects(
      uploadArchive({ source: reading(pieces(randomBytes(10))), credentials: known, endpoint, tries: 2 }),
      /failed: .*ECONNREFUSED.*Check the network/,
    );
  });
});
