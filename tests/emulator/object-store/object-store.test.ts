import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import path from "node:path";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { type Aws, at, awsOf, s3Client, TestEmulator, until } from "../support";

const MiB = 1024 * 1024;

describe("the emulator's object store", () => {
  let ica: TestEmulator;
  let files = 0;

  before(async () => {
    ica = await TestEmulator.start();
  });
  after(() => ica.close());

  async function newFile(): Promise<{ id: string; aws: Aws; s3: S3Client; place: { Bucket: string; Key: string } }> {
    files += 1;
    const made = await ica.ok("POST", `${ica.data}:createFileWithTemporaryCredentials`, {
      body: { name: `file-${files}.bin`, folderPath: "/uploads/" },
    });
    const aws = awsOf(at(made, "tempCredentials"));
    return {
      id: String(at(made, "data", "id")),
      aws,
      s3: s3Client(ica.emulator.s3Url, aws),
      place: { Bucket: aws.bucket, Key: aws.objectPrefix },
    };
  }

  async function details(id: string): Promise<unknown> {
    return at(await ica.ok("GET", `${ica.data}/${id}`), "data", "details");
  }

  /** Every file under the folder of objects whose path contains this text. */
  async function onDisk(text: string): Promise<string[]> {
    const all = await readdir(path.join(ica.dir, "objects"), { recursive: true });
    return all.filter((file) => file.includes(text));
  }

  it("takes a multipart upload of the AWS SDK, and makes the file available when it is complete", async () => {
    const { id, s3, place } = await newFile();
    const content = randomBytes(12 * MiB);
    assert.equal(at(await details(id), "status"), "PARTIAL");
    await new Upload({
      client: s3,
      params: { ...place, Body: Readable.from(chunksOf(content)) },
      partSize: 5 * MiB,
      queueSize: 3,
    }).done();
    const now = await details(id);
    assert.equal(at(now, "status"), "AVAILABLE");
    assert.equal(at(now, "fileSizeInBytes"), content.length);
    assert.equal(
      at(now, "objectETag"),
      multipartETag(content, 5 * MiB),
      "the ETag is S3's: MD5 of the MD5s of the parts",
    );
    const back = await s3.send(new GetObjectCommand(place));
    assert.ok(
      Buffer.from((await back.Body?.transformToByteArray()) ?? []).equals(content),
      "the content comes back as it was",
    );
  });

  it("takes a single PUT, and its ETag is the MD5", async () => {
    const { id, s3, place } = await newFile();
    await s3.send(new PutObjectCommand({ ...place, Body: "hello" }));
    const now = await details(id);
    assert.equal(at(now, "status"), "AVAILABLE");
    assert.equal(at(now, "fileSizeInBytes"), 5);
    assert.equal(at(now, "objectETag"), createHash("md5").update("hello").digest("hex"));
  });

  it("decodes the chunked body with a trailing checksum that the SDK sends for a stream", async () => {
    const { id, s3, place } = await newFile();
    const content = randomBytes(MiB);
    await s3.send(
      new PutObjectCommand({ ...place, Body: Readable.from(chunksOf(content)), ContentLength: content.length }),
    );
    const now = await details(id);
    assert.equal(at(now, "fileSizeInBytes"), content.length);
    assert.equal(at(now, "objectETag"), createHash("md5").update(content).digest("hex"));
  });

  it("refuses a part whose checksum is wrong, and keeps none of its bytes", async () => {
    const { s3, place, id } = await newFile();
    const wrong = s3.send(new PutObjectCommand({ ...place, Body: "hello", ChecksumCRC32: "AAAAAA==" }));
    await assert.rejects(wrong, { name: "BadDigest" });
    assert.equal(at(await details(id), "status"), "PARTIAL");
    assert.deepEqual(await onDisk(`${id}._S3rver_object`), []);
  });

  it("aborts a multipart upload and removes its parts", async () => {
    const { s3, place, id } = await newFile();
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(place));
    await s3.send(new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body: randomBytes(1000) }));
    assert.notDeepEqual(await onDisk(String(UploadId)), []);
    await s3.send(new AbortMultipartUploadCommand({ ...place, UploadId }));
    assert.deepEqual(await onDisk(String(UploadId)), []);
    await assert.rejects(s3.send(new UploadPartCommand({ ...place, UploadId, PartNumber: 2, Body: "x" })), {
      name: "NoSuchUpload",
    });
    assert.equal(at(await details(id), "status"), "PARTIAL");
  });

  it("completes only what was uploaded: small, missing and disordered parts are refused as S3 does", async () => {
    const { s3, place } = await newFile();
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(place));
    const part = async (PartNumber: number) => ({
      PartNumber,
      ETag: (await s3.send(new UploadPartCommand({ ...place, UploadId, PartNumber, Body: randomBytes(100) }))).ETag,
    });
    const [first, second] = [await part(1), await part(2)];
    const complete = (Parts: { PartNumber: number; ETag: string | undefined }[]) =>
      s3.send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts } }));
    await assert.rejects(complete([first, second]), { name: "EntityTooSmall" });
    await assert.rejects(complete([second, first]), { name: "InvalidPartOrder" });
    await assert.rejects(complete([{ ...first, PartNumber: 7 }]), { name: "InvalidPart" });
    await assert.rejects(complete([{ ...first, ETag: '"00000000000000000000000000000000"' }]), { name: "InvalidPart" });
    await complete([first]);
  });

  it("does not let a complete file be overwritten", async () => {
    const { id, s3, place } = await newFile();
    await s3.send(new PutObjectCommand({ ...place, Body: "first" }));
    await assert.rejects(s3.send(new PutObjectCommand({ ...place, Body: "second" })), { name: "AccessDenied" });
    const answer = await ica.call("POST", `${ica.data}/${id}:createUploadUrl`);
    assert.equal(answer.status, 409);
  });

  it("takes one PUT at an upload URL, with the hash that the URL was made for", async () => {
    const content = "the content";
    const hash = createHash("md5").update(content).digest();
    const made = await ica.ok("POST", `${ica.data}:createFileWithUploadUrl`, {
      body: { name: "by-url.txt", fileType: "text/plain", hash: hash.toString("hex") },
    });
    const url = String(at(made, "uploadUrl"));
    const put = (body: string, headers: Record<string, string>) => fetch(url, { method: "PUT", body, headers });
    const right = { "Content-Type": "text/plain", "Content-MD5": hash.toString("base64") };
    assert.equal((await put(content, { "Content-Type": "text/plain" })).status, 403, "without the signed header");
    assert.equal((await put("another", right)).status, 400, "with other content");
    assert.equal(
      (await fetch(url.replace("Expires=", "Expires=1"), { method: "PUT", body: content, headers: right })).status,
      403,
      "changed URL",
    );
    assert.equal((await put(content, right)).status, 200);
    const now = await details(String(at(made, "data", "id")));
    assert.equal(at(now, "status"), "AVAILABLE");
    assert.equal(at(now, "objectETag"), hash.toString("hex"));
  });

  it("gives a plain upload URL for a file that is there", async () => {
    const { id } = await newFile();
    const { url } = { url: String(at(await ica.ok("POST", `${ica.data}/${id}:createUploadUrl`), "url")) };
    assert.equal((await fetch(url, { method: "PUT", body: "x" })).status, 200);
    assert.equal(at(await details(id), "status"), "AVAILABLE");
  });

  it("removes object and parts when the data is deleted", async () => {
    const [done, begun] = [await newFile(), await newFile()];
    await done.s3.send(new PutObjectCommand({ ...done.place, Body: "x" }));
    const { UploadId } = await begun.s3.send(new CreateMultipartUploadCommand(begun.place));
    for (const { id } of [done, begun]) {
      assert.equal((await ica.call("POST", `${ica.data}/${id}:delete`)).status, 204);
      assert.equal((await ica.call("GET", `${ica.data}/${id}`)).status, 404);
      assert.deepEqual(await onDisk(id), []);
    }
    assert.deepEqual(await onDisk(String(UploadId)), []);
    await assert.rejects(done.s3.send(new PutObjectCommand({ ...done.place, Body: "x" })), { name: "AccessDenied" });
  });

  it("keeps nothing of a body that breaks off, and takes it again", async () => {
    const { id } = await newFile();
    const url = new URL(String(at(await ica.ok("POST", `${ica.data}/${id}:createUploadUrl`), "url")));
    const broken = request(url, { method: "PUT", headers: { "Content-Length": 1000 } });
    broken.on("error", () => undefined);
    broken.write("half");
    await until("the first half has arrived", async () =>
      (await onDisk(`${id}._S3rver_incoming`)).length > 0 ? true : undefined,
    );
    broken.destroy();
    await until("the half is gone", async () => ((await onDisk(`${id}._S3rver`)).length === 0 ? true : undefined));
    assert.equal((await fetch(url, { method: "PUT", body: "whole" })).status, 200);
    assert.equal(at(await details(id), "fileSizeInBytes"), 5);
  });

  it("makes a file available after a crash between its object and its record", async () => {
    const one = await TestEmulator.start();
    const made = await one.ok("POST", `${one.data}:createFileWithUploadUrl`, { body: { name: "crash.txt" } });
    await fetch(String(at(made, "uploadUrl")), { method: "PUT", body: "content" });
    await one.emulator.close();
    const record = path.join(one.dir, "store", "data", `${at(made, "data", "id")}.json`);
    const before = JSON.parse(await readFile(record, "utf8"));
    await writeFile(
      record,
      JSON.stringify({ ...before, status: "PARTIAL", sizeInBytes: undefined, objectETag: undefined }),
    );
    const two = await TestEmulator.start({ dir: one.dir, apiKey: one.apiKey });
    const now = at(await two.ok("GET", `${two.data}/${at(made, "data", "id")}`), "data", "details");
    assert.equal(at(now, "status"), "AVAILABLE");
    assert.equal(at(now, "objectETag"), createHash("md5").update("content").digest("hex"));
    await two.close();
  });

  it("refuses requests that it does not support instead of half handling them", async () => {
    const { aws, place } = await newFile();
    const copy = s3Client(ica.emulator.s3Url, aws).send(new GetObjectCommand({ ...place, IfMatch: "x" }));
    await assert.rejects(copy, { name: "NoSuchKey" });
    const other = await fetch(`${ica.emulator.s3Url}/`);
    assert.equal(other.status, 403);
  });
});

function* chunksOf(content: Buffer): Generator<Buffer> {
  for (let start = 0; start < content.length; start += 70_000) {
    yield content.subarray(start, start + 70_000);
  }
}

function multipartETag(content: Buffer, partSize: number): string {
  const parts: Buffer[] = [];
  for (let start = 0; start < content.length; start += partSize) {
    parts.push(
      createHash("md5")
        .update(content.subarray(start, start + partSize))
        .digest(),
    );
  }
  return `${createHash("md5").update(Buffer.concat(parts)).digest("hex")}-${parts.length}`;
}
