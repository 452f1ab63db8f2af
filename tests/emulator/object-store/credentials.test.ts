import assert from "node:assert/strict";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { type Aws, at, awsOf, s3Client, TestEmulator } from "../support";

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

  it("refuses a wrong secret, an unknown key, a wrong session token", async () => {
    const { aws, place } = await newFile();
    const put = (changed: Partial<Aws>) =>
      s3Client(ica.emulator.s3Url, { ...aws, ...changed }).send(new PutObjectCommand({ ...place, Body: "x" }));
    await assert.rejects(put({ secretKey: `${aws.secretKey}x` }), { name: "SignatureDoesNotMatch" });
    await assert.rejects(put({ accessKey: "ASIA0000000000000000" }), { name: "InvalidAccessKeyId" });
    await assert.rejects(put({ sessionToken: "another" }), { name: "InvalidToken" });
    const anonymous = await fetch(`${ica.emulator.s3Url}/${place.Bucket}/${place.Key}`, { method: "PUT", body: "x" });
    assert.equal(anonymous.status, 403);
    assert.match(await anonymous.text(), /<Code>AccessDenied<\/Code>/);
  });

  it("keeps credentials to their own object", async () => {
    const [one, two] = [await newFile(), await newFile()];
    await assert.rejects(one.s3.send(new PutObjectCommand({ ...two.place, Body: "x" })), { name: "AccessDenied" });
    await assert.rejects(one.s3.send(new PutObjectCommand({ ...one.place, Key: `${one.place.Key}x`, Body: "x" })), {
      name: "AccessDenied",
    });
    await assert.rejects(one.s3.send(new PutObjectCommand({ ...one.place, Bucket: "other", Body: "x" })), {
      name: "AccessDenied",
    });
    const { UploadId } = await two.s3.send(new CreateMultipartUploadCommand(two.place));
    await assert.rejects(one.s3.send(new UploadPartCommand({ ...one.place, UploadId, PartNumber: 1, Body: "x" })), {
      name: "NoSuchUpload",
    });
  });

  it("lets read-only credentials read and not write", async () => {
    const { id, s3, place } = await newFile();
    const readOnly = async () => {
      const body = await ica.ok("POST", `${ica.data}/${id}:createTemporaryCredentials`, {
        body: { readOnlyCredentials: true },
      });
      return s3Client(ica.emulator.s3Url, awsOf(body));
    };
    await assert.rejects((await readOnly()).send(new PutObjectCommand({ ...place, Body: "x" })), {
      name: "AccessDenied",
    });
    await s3.send(new PutObjectCommand({ ...place, Body: "content" }));
    const read = await (await readOnly()).send(new GetObjectCommand(place));
    assert.equal(await read.Body?.transformToString(), "content");
  });
});

describe("credentials that have expired", () => {
  it("are refused, and fresh ones continue the same upload", async () => {
    const ica = await TestEmulator.start({ credentialLifetimeMs: 5000 });
    try {
      const made = await ica.ok("POST", `${ica.data}:createFileWithTemporaryCredentials`, {
        body: { name: "slow.bin" },
      });
      const aws = awsOf(at(made, "tempCredentials"));
      const place = { Bucket: aws.bucket, Key: aws.objectPrefix };
      const old = s3Client(ica.emulator.s3Url, aws);
      const { UploadId } = await old.send(new CreateMultipartUploadCommand(place));
      const part = (client: S3Client, PartNumber: number) =>
        client.send(new UploadPartCommand({ ...place, UploadId, PartNumber, Body: "x" }));
      for (let expired = false; !expired; ) {
        expired = await part(old, 1).then(
          () => false,
          (error: unknown) => error instanceof Error && error.name === "ExpiredToken",
        );
      }
      const renewed = await ica.ok("POST", `${ica.data}/${String(at(made, "data", "id"))}:createTemporaryCredentials`);
      const fresh = s3Client(ica.emulator.s3Url, awsOf(renewed));
      const { ETag } = await part(fresh, 1);
      await fresh.send(
        new CompleteMultipartUploadCommand({
          ...place,
          UploadId,
          MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
        }),
      );
    } finally {
      await ica.close();
    }
  });
});
