import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { UploadNotes } from "../../../provider/upload/abandoned";
import { UploadError, uploadArchive } from "../../../provider/upload/upload";
import { reading } from "../../support/reading";
import { known, Store } from "../../support/servers/s3-store";

const mib = 1024 * 1024;
const data = randomBytes(11 * mib);

interface Open {
  readonly at: number;
  readonly parts: number;
  readonly key: string;
  readonly by: string;
}

describe("a beginning of an upload whose answer was lost", function () {
  this.timeout(60_000);
  let store: Store;
  let folder: string;
  /** Uploads that the store has begun and lists, by their ids. */
  let open: Map<string, Open>;
  /** Beginnings whose answer is to be lost. */
  let toLose: number;
  let mayList: boolean;
  /** Milliseconds by which the store's clock is ahead. */
  let ahead: number;

  const one = (more: Partial<Open> = {}): Open => ({
    ...{ at: Date.now() + ahead, parts: 0, key: known.objectPrefix, by: "us" },
    ...more,
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "pulumi-ica-test-"));
    [open, toLose, mayList, ahead] = [new Map(), 0, true, 0];
    store = new Store();
    store.gate = gate;
    await store.start();
  });
  afterEach(async () => {
    await store.stop();
    await rm(folder, { recursive: true });
  });

  function gate(request: IncomingMessage, response: ServerResponse): boolean {
    const url = new URL(request.url ?? "/", "http://store");
    const id = url.searchParams.get("uploadId");
    response.setHeader("Date", new Date(Date.now() + ahead).toUTCString());
    if (request.method === "PUT" && id !== null && !open.has(id)) open.set(id, one({ parts: 1 }));
    if (request.method !== "PUT" && request.method !== "GET" && id !== null) open.delete(id);
    if (request.method === "POST" && url.searchParams.has("uploads") && toLose > 0) {
      open.set(`lost-${toLose--}`, one());
      request.socket.resetAndDestroy();
      return true;
    }
    if (request.method !== "GET") return false;
    if (!mayList) response.writeHead(403).end("<Error><Code>AccessDenied</Code><Message>Not yours</Message></Error>");
    else if (id === null)
      response
        .writeHead(200)
        .end(
          `<ListMultipartUploadsResult>${[...open]
            .map(
              ([upload, { at, key, by }]) =>
                `<Upload><Key>${key}</Key><UploadId>${upload}</UploadId><Initiator><ID>${by}</ID></Initiator><Initiated>${new Date(at).toISOString()}</Initiated></Upload>`,
            )
            .join("")}</ListMultipartUploadsResult>`,
        );
    else
      response
        .writeHead(200)
        .end(
          `<ListPartsResult>${"<Part><PartNumber>1</PartNumber></Part>".repeat(open.get(id)?.parts ?? 0)}</ListPartsResult>`,
        );
    return true;
  }

  const upload = (rest: Partial<Parameters<typeof uploadArchive>[0]> = {}) =>
    uploadArchive({
      source: reading(Readable.from([data], { objectMode: false })),
      credentials: known,
      endpoint: store.endpoint,
      partSize: 5 * mib,
      notes: new UploadNotes(folder),
      ...rest,
    });
  const left = () => [...open.keys()];

  // The SDK goes by the store's clock where it is five minutes away.
  for (const skew of [0, 240_000, -240_000])
    it(`is removed, with a store whose clock is ${skew / 60_000} minutes ahead`, async () => {
      [toLose, ahead] = [2, skew];
      assert.equal((await upload()).leftover, undefined);
      assert.deepEqual(left(), []);
      store.gate = () => false;
      assert.ok((await store.object()).equals(data), "the upload went on");
    });

  it("is removed when no try got an answer, and when the upload was interrupted", async () => {
    toLose = 2;
    await assert.rejects(upload({ tries: 2 }), UploadError);
    assert.deepEqual(left(), []);
    const stop = new AbortController();
    const lose = gate;
    store.gate = (request, response) => {
      if (request.method !== "POST") return lose(request, response);
      open.set("interrupted", one());
      stop.abort(new Error("interrupted"));
      return true;
    };
    await assert.rejects(upload({ signal: stop.signal }), /^Error: interrupted$/);
    assert.deepEqual(left(), []);
  });

  it("is distinct from the live uploads of other runs, which are left alone", async () => {
    toLose = 1;
    open.set("with a part", one({ parts: 1 }));
    open.set("begun before", one({ at: Date.now() - 60_000 }));
    open.set("of a longer name", one({ key: `${known.objectPrefix}.old` }));
    open.set("of another user", one({ by: "them" }));
    open.set("noted", one());
    await new UploadNotes(folder).begun({ bucket: known.bucket, key: known.objectPrefix, uploadId: "noted" });
    const live = left();
    await upload();
    assert.deepEqual(left(), live);
  });

  it("is left when another run began one at the same time, and a message says so", async () => {
    toLose = 1;
    open.set("of another run", one());
    const { leftover } = await upload();
    assert.deepEqual(left(), ["of another run", "lost-1"]);
    assert.match(
      leftover ?? "",
      /^S3 may have begun an upload to s3:\/\/images\/bench-images\/.* could not be removed: another run began/,
    );
  });

  it("is reported when the credentials do not allow a list", async () => {
    [toLose, mayList] = [1, false];
    assert.match(
      (await upload()).leftover ?? "",
      /could not be removed: the store does not list its uploads \(Not yours\)\.$/,
    );
    [toLose, mayList] = [2, false];
    await assert.rejects(upload({ tries: 2 }), /running the same command again is safe\. S3 may have begun an upload/);
  });

  it("costs no call when every answer came, or when nothing was sent", async () => {
    await upload();
    await assert.rejects(upload({ endpoint: "http://127.0.0.1:9", tries: 1 }), UploadError);
    assert.equal(store.seen.filter(({ method }) => method === "GET").length, 0);
  });
});
