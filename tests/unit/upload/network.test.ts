import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { UploadNotes } from "../../../provider/upload/abandoned";
import { UploadError, uploadArchive } from "../../../provider/upload/upload";
import { setEnvironment } from "../../support/programs/environment";
import { reading } from "../../support/reading";
import { known, Store } from "../../support/servers/s3-store";

const mib = 1024 * 1024;
const data = randomBytes(16 * mib);
const source = () => reading(Readable.from([data], { objectMode: false }));

describe("the upload of an archive, over a bad network", function () {
  this.timeout(60_000);
  let store: Store;
  let folder: string;
  const upload = (rest: Partial<Parameters<typeof uploadArchive>[0]> = {}) =>
    uploadArchive({ source: source(), credentials: known, endpoint: store.endpoint, partSize: 5 * mib, ...rest });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "pulumi-ica-test-"));
    store = new Store();
    await store.start();
  });
  afterEach(async () => {
    await store.stop();
    await rm(folder, { recursive: true });
  });

  it("sends a part again whose answer never comes", async () => {
    let swallowed = 0;
    store.gate = (request) => {
      if (swallowed > 0 || !request.url?.includes("partNumber=2")) return false;
      swallowed++;
      request.resume();
      return true;
    };
    await upload({ idleMs: 500 });
    assert.equal(swallowed, 1);
    assert.ok((await store.object()).equals(data));
  });

  it("continues after an outage of some seconds", async () => {
    let until: number | undefined;
    store.gate = (request) => {
      if (request.url?.includes("partNumber=2")) until ??= Date.now() + 2000;
      if (until === undefined || Date.now() > until) return false;
      request.socket.resetAndDestroy();
      return true;
    };
    await upload();
    assert.ok((await store.object()).equals(data));
  });

  it("keeps the note of parts that it cannot remove, and the next upload removes them", async () => {
    const notes = new UploadNotes(folder);
    store.gate = (request) => {
      if (!request.url?.includes("partNumber=2") && request.method !== "DELETE") return false;
      request.socket.resetAndDestroy();
      return true;
    };
    await assert.rejects(upload({ notes, tries: 2 }), (error: unknown) => {
      assert.ok(error instanceof UploadError);
      assert.match(error.message, /could not be removed \(.*\); the next upload of this archive from this machine/);
      return true;
    });
    const [name = "", ...others] = await readdir(folder);
    assert.deepEqual(others, []);
    const note: object = JSON.parse(await readFile(join(folder, name), "utf8"));
    // Of a process that is gone: ids end far below this one.
    await writeFile(join(folder, name), JSON.stringify({ ...note, pid: 2 ** 31 - 1 }));
    store.gate = (request) => {
      if (request.method !== "DELETE") return false;
      request.socket.resetAndDestroy();
      return true;
    };
    await upload({ notes, tries: 2 });
    assert.deepEqual(await readdir(folder), [name], "it is still needed");
    const removals = () => new Set(store.seen.filter(({ method }) => method === "DELETE").map(({ url }) => url)).size;
    store.gate = () => false;
    await upload({ notes });
    assert.equal(removals(), 1, "always the same upload's");
    assert.deepEqual(await readdir(folder), []);
  });

  describe("that only a proxy leads out of", () => {
    let proxy: Server;
    let asked: string[];
    let restore: () => void;
    beforeEach(async () => {
      asked = [];
      proxy = createServer().on("connect", (request, socket) => {
        asked.push(request.url ?? "");
        socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
      });
      proxy.listen(0, "127.0.0.1");
      await once(proxy, "listening");
      const address = proxy.address();
      assert.ok(address !== null && typeof address === "object");
      const url = `http://127.0.0.1:${address.port}`;
      restore = setEnvironment({
        HTTPS_PROXY: url,
        https_proxy: undefined,
        NO_PROXY: "internal.invalid",
        no_proxy: undefined,
        AWS_ENDPOINT_URL: store.endpoint,
        AWS_ENDPOINT_URL_S3: store.endpoint,
      });
    });
    afterEach(async () => {
      restore();
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, "close");
    });

    it("asks it for Amazon's own host, and not for one that AWS_ENDPOINT_URL names", async () => {
      await assert.rejects(upload({ endpoint: undefined, tries: 1 }), UploadError);
      assert.deepEqual(asked, ["images.s3.us-east-1.amazonaws.com:443"]);
      assert.deepEqual(store.seen, []);
    });

    it("says that the proxy refused, not the store", async () => {
      await assert.rejects(
        upload({ endpoint: "https://store.invalid", tries: 2 }),
        /failed: the proxy 127\.0\.0\.1:\d+ answered 502\..* Check the network and HTTPS_PROXY/,
      );
      assert.equal(asked.length, 2, "it may be well again in a moment");
    });

    it("asks it for another store, unless NO_PROXY names that, or it needs no TLS", async () => {
      await assert.rejects(upload({ endpoint: "https://store.invalid", tries: 1 }), UploadError);
      assert.deepEqual(asked, ["store.invalid:443"]);
      await assert.rejects(upload({ endpoint: "https://internal.invalid", tries: 1 }), UploadError);
      await upload();
      assert.deepEqual(asked, ["store.invalid:443"]);
    });
  });
});
