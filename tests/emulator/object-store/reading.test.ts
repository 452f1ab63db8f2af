import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { usableRange } from "../../../emulator/object-store/download";
import { at, awsOf, s3Client, TestEmulator } from "../support";

const CONTENT = "0123456789";

describe("reading from the emulator's object store", () => {
  let ica: TestEmulator;
  let s3: S3Client;
  let place: { Bucket: string; Key: string };

  before(async () => {
    ica = await TestEmulator.start({ containers: false });
    ({ s3, place } = await newFile("read.txt"));
    await s3.send(
      new PutObjectCommand({
        ...{ ...place, Body: CONTENT, ContentType: "text/plain", CacheControl: "no-store", Metadata: { sample: "A1" } },
      }),
    );
  });
  after(() => ica.close());

  async function newFile(name: string) {
    const body = { name };
    const made = await ica.ok("POST", `${ica.data}:createFileWithTemporaryCredentials`, { body });
    const aws = awsOf(at(made, "tempCredentials"));
    return {
      ...{ s3: s3Client(ica.emulator.s3Url, aws), place: { Bucket: aws.bucket, Key: aws.objectPrefix } },
      id: String(at(made, "data", "id")),
    };
  }

  async function read(input: Partial<ConstructorParameters<typeof GetObjectCommand>[0]>) {
    const answer = await s3.send(new GetObjectCommand({ ...place, ...input }));
    return {
      status: answer.$metadata.httpStatusCode,
      range: answer.ContentRange,
      length: answer.ContentLength,
      text: await answer.Body?.transformToString(),
    };
  }

  /** A range, and the bytes that it means; undefined for all. */
  const ranges: [range: string, expected: string | undefined, contentRange?: string][] = [
    ["bytes=0-0", "0", "bytes 0-0/10"],
    ["bytes=-5", "56789", "bytes 5-9/10"],
    ["bytes=3-", "3456789", "bytes 3-9/10"],
    ["bytes=8-99", "89", "bytes 8-9/10"],
    ["bytes=-99", CONTENT, "bytes 0-9/10"],
    ["bytes=0-1,3-4", undefined],
    ["bytes=a-b", undefined],
    ["lines=0-1", undefined],
  ];
  for (const [range, expected, contentRange] of ranges) {
    it(`gives ${expected === undefined ? "all" : `"${expected}"`} for "${range}"`, async () => {
      assert.deepEqual(await read({ Range: range }), {
        status: expected === undefined ? 200 : 206,
        range: contentRange,
        length: (expected ?? CONTENT).length,
        text: expected ?? CONTENT,
      });
    });
  }

  for (const range of ["bytes=-0", "bytes=10-", "bytes=10-20", "bytes=5-4"]) {
    it(`refuses "${range}" as a range that cannot be`, async () => {
      await assert.rejects(read({ Range: range }), (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
        assert.deepEqual([error.name, error.$metadata?.httpStatusCode], ["InvalidRange", 416]);
        return true;
      });
    });
  }

  it("gives a part by HEAD as by GET, without the bytes", async () => {
    const head = await s3.send(new HeadObjectCommand({ ...place, Range: "bytes=2-4" }));
    assert.deepEqual([head.$metadata.httpStatusCode, head.ContentLength], [206, 3]);
  });

  it("gives back the metadata of the object", async () => {
    const head = await s3.send(new HeadObjectCommand(place));
    assert.deepEqual(
      [head.ContentType, head.CacheControl, head.Metadata, head.ContentEncoding],
      ["text/plain", "no-store", { sample: "A1" }, undefined],
    );
    assert.equal(head.ETag, `"${createHash("md5").update(CONTENT).digest("hex")}"`);
    assert.ok(head.LastModified !== undefined);
  });

  it("honours conditions, with S3's answers", async () => {
    const { ETag = "", LastModified } = await s3.send(new HeadObjectCommand(place));
    const status = (input: Parameters<typeof read>[0]) =>
      read(input).then(
        (answer) => answer.status,
        (error: Error & { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode,
      );
    const before = new Date(Number(LastModified) - 10_000);
    assert.deepEqual(
      [
        await status({ IfMatch: ETag }),
        await status({ IfMatch: '"other"' }),
        await status({ IfNoneMatch: ETag }),
        await status({ IfNoneMatch: '"other"' }),
        await status({ IfModifiedSince: LastModified }),
        await status({ IfUnmodifiedSince: before }),
      ],
      [200, 412, 304, 200, 304, 412],
    );
    await assert.rejects(read({ IfMatch: '"other"' }), { name: "PreconditionFailed" });
  });

  it("says that an object is not there", async () => {
    const { s3: other, place: nowhere } = await newFile("not-yet.txt");
    await assert.rejects(other.send(new GetObjectCommand(nowhere)), { name: "NoSuchKey" });
    await assert.rejects(other.send(new HeadObjectCommand(nowhere)), { name: "NotFound" });
  });

  it("refuses to read what it does not know, rather than to give something else", async () => {
    await assert.rejects(read({ VersionId: "1" }), {
      name: "NotImplemented",
      message: /does not serve GET with versionId/,
    });
    await assert.rejects(read({ PartNumber: 1 }), { name: "NotImplemented" });
  });

  it("reads an object that an earlier version stored", async () => {
    const file = await newFile("old.txt");
    const stored = path.join(ica.dir, "objects", file.place.Bucket, file.place.Key);
    await mkdir(path.dirname(stored), { recursive: true });
    await writeFile(`${stored}._S3rver_object.md5`, createHash("md5").update("old").digest("hex"));
    await writeFile(
      `${stored}._S3rver_metadata.json`,
      JSON.stringify({ "content-type": "text/csv", "x-amz-meta-by": "before" }, null, 2),
    );
    await writeFile(`${stored}._S3rver_object`, "old");
    const answer = await file.s3.send(new GetObjectCommand(file.place));
    assert.deepEqual(
      [await answer.Body?.transformToString(), answer.ContentType, answer.Metadata],
      ["old", "text/csv", { by: "before" }],
    );
  });
});

describe("a Range", () => {
  it("is taken as it is when it is one range of bytes, and left out otherwise", () => {
    const number = fc.nat({ max: 30 });
    fc.assert(
      fc.property(number, number, number, (first, last, size) => {
        assert.equal(usableRange(`bytes=${first}-${last}`, size), `bytes=${first}-${last}`);
        assert.equal(usableRange(`bytes=-${last}`, size), last > size && size > 0 ? "bytes=0-" : `bytes=-${last}`);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!/^bytes=(\d+-\d*|-\d+)$/.test(text));
        assert.equal(usableRange(text, 10), undefined);
      }),
    );
  });
});
