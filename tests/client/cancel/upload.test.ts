import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { UploadNotes } from "../../../provider/upload/abandoned";
import { uploadArchive } from "../../../provider/upload/upload";
import { reading } from "../../support/reading";
import { known, Store } from "../../support/servers/s3-store";
import { until } from "../../support/until";

const partSize = 1024 * 1024;
const reason = new Error("Pulumi cancelled this run");

describe("an upload whose run is cancelled", function () {
  this.timeout(30_000);
  let store: Store;
  let folder: string;
  let run: AbortController;

  beforeEach(async () => {
    store = new Store();
    await store.start();
    folder = await mkdtemp(path.join(tmpdir(), "pulumi-ica-test-"));
    run = new AbortController();
  });
  afterEach(async () => {
    await store.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Starts an upload and cancels it as soon as a request has come; the error, and how long it took from then on. */
  async function cancelledAt(when: (request: { method: string; url: string }) => boolean) {
    const source = Readable.from([randomBytes(5 * partSize)]);
    const upload = uploadArchive({
      ...{ source: reading(source), credentials: known, endpoint: store.endpoint, partSize },
      ...{ notes: new UploadNotes(folder), signal: run.signal },
    }).then(
      () => assert.fail("the upload succeeded"),
      (error: unknown) => error,
    );
    await until("the upload is where it is to be cancelled", () => store.seen.some(when), 10_000);
    const start = performance.now();
    run.abort(reason);
    return { error: await upload, ms: performance.now() - start };
  }
  const isBeginning = ({ method, url }: { method?: string | undefined; url?: string | undefined }) =>
    method === "POST" && /[?&]uploads/.test(url ?? "");

  for (const [what, stalled, url] of [
    ["its beginning", "POST", /[?&]uploads/],
    ["its parts", "PUT", /partNumber=/],
    ["its end", "POST", /[?&]uploadId=/],
  ] as const) {
    it(`at ${what} is over at once, with the reason, and leaves nothing in the store and no note`, async () => {
      store.gate = (request) => request.method === stalled && url.test(request.url ?? "");
      const { error, ms } = await cancelledAt((seen) => seen.method === stalled && url.test(seen.url));
      assert.equal(error, reason);
      assert.ok(ms < 1000, `${ms} ms`);
      assert.deepEqual(store.open(), []);
      assert.equal(await store.hasObject(), false);
      assert.deepEqual(await readdir(folder), []);
      const removals = store.seen.filter(({ method }) => method === "DELETE").length;
      assert.equal(removals, what === "its beginning" ? 0 : 1, "the call that removes the parts was sent");
    });
  }

  it("at a store that does not answer any more is over within two seconds, and says what is left", async () => {
    store.gate = (request) => !isBeginning(request);
    const { error, ms } = await cancelledAt(({ method }) => method === "PUT");
    assert.ok(ms < 1900, `${ms} ms`);
    assert.match(
      String(error),
      /^Cancelled: Pulumi cancelled this run in the upload\. The parts that were uploaded could not be removed .*the next upload of this archive/,
    );
    assert.equal((await readdir(folder)).length, 1, "the note by which the next upload removes them");
  });
});
