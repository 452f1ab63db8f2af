import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { z } from "zod";
import { at, awsOf, problemDetail, s3Client, TestEmulator, V4 } from "../support";

const run = promisify(execFile);

/** Only root on Linux can make a small disk. */
const absent =
  process.platform === "linux" && process.getuid?.() === 0
    ? undefined
    : "it needs root on Linux, to mount a small disk";

describe(`an emulator whose disk is full${absent === undefined ? "" : ` (skipped: ${absent})`}`, function () {
  this.timeout(60_000);
  let dir: string;
  let server: TestEmulator;

  before(async function () {
    if (absent !== undefined) {
      this.skip();
    }
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-test-"));
    await run("mount", ["-t", "tmpfs", "-o", "size=8m,mode=0700", "pulumi-ica-test", dir]);
    server = await TestEmulator.start({ dir, containers: false, apiKey: "a-key-that-tests-know" });
  });

  after(async () => {
    if (dir !== undefined) {
      await server.emulator.close();
      await run("umount", [dir]);
      await rm(dir, { recursive: true });
    }
  });

  async function file(name: string) {
    const made = await server.ok("POST", `${server.data}:createFileWithTemporaryCredentials`, { body: { name } });
    const aws = awsOf(at(made, "tempCredentials"));
    const client = s3Client(server.emulator.s3Url, aws);
    return {
      ...{
        url: `${server.data}/${at(made, "data", "id")}`,
        client,
        place: { Bucket: aws.bucket, Key: aws.objectPrefix },
      },
      put: (size: number) =>
        client.send(new PutObjectCommand({ Bucket: aws.bucket, Key: aws.objectPrefix, Body: Buffer.alloc(size, "x") })),
    };
  }

  const details = async (url: string) => at(await server.ok("GET", url), "data", "details");
  const filler = () => path.join(dir, "filler");
  const fill = async () => {
    await writeFile(filler(), "");
    await run("dd", ["if=/dev/zero", `of=${filler()}`, "bs=4k"]).catch((error: Error) =>
      assert.match(error.message, /No space left/),
    );
  };

  it("refuses an upload that does not fit, and never treats a half-written object as complete", async () => {
    const { url, put } = await file("big.bin");
    await assert.rejects(put(20 * 1024 * 1024), (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
      assert.equal(error.$metadata?.httpStatusCode, 507);
      assert.match(error.message, /no space left on the emulator's disk/);
      return true;
    });
    assert.equal(at(await details(url), "status"), "PARTIAL");
    await put(1000);
    assert.deepEqual(
      [at(await details(url), "status"), at(await details(url), "fileSizeInBytes")],
      ["AVAILABLE", 1000],
    );
  });

  it("does not put parts together that do not fit twice, and gives the space back", async () => {
    const { url, client, place } = await file("parts.bin");
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(place));
    const part = { ...place, UploadId, PartNumber: 1 };
    const { ETag } = await client.send(new UploadPartCommand({ ...part, Body: Buffer.alloc(5 * 1024 * 1024, "y") }));
    const before = await statfs(dir);
    const parts = { ...place, UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } };
    await assert.rejects(client.send(new CompleteMultipartUploadCommand(parts)), /no space left/i);
    assert.equal((await statfs(dir)).bfree, before.bfree);
    assert.equal(at(await details(url), "status"), "PARTIAL");
    await server.ok("POST", `${url}:delete`);
  });

  it("tells each caller that creates something, creates nothing, and continues when there is space again", async () => {
    await fill();
    const body = { name: "more.txt" };
    assert.match(problemDetail(await server.call("POST", `${server.data}:createFile`, { body }), 507), /no space left/);
    const image = { url: "docker.io/a:1", name: "full", version: "1", type: "BENCH" };
    const external = () => server.call("POST", "/api/dockerImages:createExternal", { body: image, mediaType: V4 });
    problemDetail(await external(), 507);
    assert.equal((await server.call("GET", `${server.data}?filePath=/more.txt`)).status, 200, "reading still works");
    await rm(filler());
    await server.ok("POST", `${server.data}:createFile`, { body });
    assert.equal((await external()).status, 201);
  });

  it("is complete after a restart", async () => {
    await fill();
    problemDetail(await server.call("POST", `${server.data}:createFile`, { body: { name: "never.txt" } }), 507);
    await server.emulator.close();
    await rm(filler());
    server = await TestEmulator.start({ dir, containers: false, apiKey: "a-key-that-tests-know" });
    const { items } = z.object({ items: z.array(z.unknown()) }).parse(await server.ok("GET", server.data));
    assert.deepEqual(
      items.map((item) => at(item, "data", "details", "path")),
      ["/big.bin", "/more.txt"],
    );
  });
});
