import assert from "node:assert/strict";
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { DiskStore } from "../../../emulator/object-store/storage/disk";
import { uploadsUnderWay } from "../../../emulator/object-store/storage/progress";

describe("how far an upload is", () => {
  const key = "project/fil.1";
  const ids = ["0".repeat(32), "1".repeat(32)] as const;
  let dir: string;
  let disk: DiskStore;

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-test-"));
    disk = new DiskStore(dir, async () => undefined);
    await disk.makeBucket("bucket");
  });
  afterEach(() => rm(dir, { recursive: true }));

  const far = async () => (await uploadsUnderWay(disk, "bucket", new Set([key]))).get(key);
  const bytes = (count: number) => Readable.from([Buffer.alloc(count)]);
  const begin = (id: string) => disk.initiateUpload("bucket", key, id, {});
  const put = (id: string, part: string, count: number) => disk.putPart("bucket", id, part, bytes(count));

  it("is nothing without one, or for another object", async () => {
    assert.equal(await far(), undefined);
    await disk.initiateUpload("bucket", "project/fil.2", ids[0], {});
    assert.equal(await far(), undefined);
  });

  it("counts parts that are whole and parts that are coming, each once", async () => {
    await begin(ids[0]);
    assert.equal((await far())?.bytes, 0);
    await put(ids[0], "1", 100);
    await put(ids[0], "2", 30);
    const coming = (name: string, count: number) =>
      writeFile(path.join(disk.uploadsFolder("bucket"), ids[0], name), Buffer.alloc(count));
    await coming("3.1700000000000.incoming", 7);
    await coming("2.1700000000001.incoming", 20);
    const { bytes: arrived, parts } = (await far()) ?? {};
    assert.deepEqual([arrived, parts], [137, 2]);
  });

  it("is that of the newest of several", async () => {
    await begin(ids[0]);
    await put(ids[0], "1", 100);
    await begin(ids[1]);
    await put(ids[1], "1", 5);
    await utimes(path.join(disk.uploadsFolder("bucket"), ids[0], "metadata"), 1, 1);
    assert.equal((await far())?.bytes, 5);
  });

  it("ends when the object is complete", async () => {
    await begin(ids[0]);
    const { etag } = await put(ids[0], "1", 100);
    await disk.completeUpload("bucket", ids[0], [{ number: 1, etag }]);
    assert.equal(await far(), undefined);
  });
});
