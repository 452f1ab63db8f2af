import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough, Readable } from "node:stream";
import { DiskStore } from "../../../emulator/object-store/storage/disk";
import type { Part } from "../../../emulator/object-store/storage/parts";
import { until } from "../support";

const MiB = 1024 * 1024;
const UPLOAD = "0".repeat(32);

describe("what is asked of one upload at once", () => {
  const key = "project/fil.1";
  let dir: string;
  let disk: DiskStore;
  let stored: Buffer[];

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-test-"));
    stored = [];
    disk = new DiskStore(dir, async ({ bucket }) => {
      stored.push(await readFile(disk.fileOf(bucket, key)));
    });
    await disk.makeBucket("bucket");
    await disk.initiateUpload("bucket", key, UPLOAD, {});
  });
  afterEach(() => rm(dir, { recursive: true }));

  const put = (number: number, content: Readable) => disk.putPart("bucket", UPLOAD, String(number), content);
  const uploads = () => readdir(disk.uploadsFolder("bucket"));

  /** A part that has begun to arrive, and its outcome. */
  async function begun(number: number) {
    const content = new PassThrough();
    content.write("begun");
    const result = put(number, content);
    result.catch(() => undefined);
    await until("the part comes in", async () => {
      const files = await readdir(path.join(disk.uploadsFolder("bucket"), UPLOAD));
      return files.some((file) => file.startsWith(`${number}.`)) || undefined;
    });
    return { content, result };
  }

  it("completes it once for a client that asks again while it waits, and gives the same answer", async () => {
    const content = randomBytes(12 * MiB);
    const parts: Part[] = [];
    for (let number = 1; number <= 3; number++) {
      const part = content.subarray((number - 1) * 5 * MiB, number * 5 * MiB);
      parts.push({ number, etag: (await put(number, Readable.from([part]))).etag });
    }
    const complete = () => disk.completeUpload("bucket", UPLOAD, parts);
    const [first, second] = await Promise.all([complete(), complete()]);
    assert.deepEqual(second, first);
    assert.deepEqual(
      stored.map((each) => createHash("md5").update(each).digest("hex")),
      [createHash("md5").update(content).digest("hex")],
    );
    assert.deepEqual(await uploads(), []);
    await assert.rejects(complete(), { code: "NoSuchUpload" });
  });

  it("completes it with other parts only after it was not with the first ones", async () => {
    const { etag } = await put(1, Readable.from([Buffer.from("content")]));
    const complete = (etag: string) => disk.completeUpload("bucket", UPLOAD, [{ number: 1, etag }]);
    const [wrong, right] = await Promise.allSettled([complete("0".repeat(32)), complete(etag)]);
    assert.deepEqual([wrong.status, right.status], ["rejected", "fulfilled"]);
    assert.deepEqual(stored.map(String), ["content"]);
  });

  it("aborts it while parts arrive: no file stays, and each part gets NoSuchUpload", async () => {
    const parts = await Promise.all([1, 2, 3].map(begun));
    const [aborted] = await Promise.allSettled([
      disk.abort("bucket", UPLOAD),
      ...parts.map(({ content }) => content.end()),
      ...[4, 5, 6].map((number) => put(number, Readable.from([randomBytes(MiB)]))),
    ]);
    assert.equal(aborted.status, "fulfilled");
    for (const { result } of parts) await assert.rejects(result, { code: "NoSuchUpload" });
    assert.deepEqual(await uploads(), []);
  });

  it("keeps content and ETag of a part together when it is sent several times at once", async () => {
    const part = path.join(disk.uploadsFolder("bucket"), UPLOAD, "1");
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 16 }, () => put(1, Readable.from([randomBytes(1000)]))));
      const md5 = createHash("md5")
        .update(await readFile(part))
        .digest("hex");
      assert.equal(await readFile(`${part}.md5`, "utf8"), md5);
    }
  });

  it("removes its object while a part comes in", async () => {
    const { content, result } = await begun(1);
    await disk.remove("bucket", key);
    content.end();
    await assert.rejects(result, { code: "NoSuchUpload" });
    assert.deepEqual(await uploads(), []);
  });
});
