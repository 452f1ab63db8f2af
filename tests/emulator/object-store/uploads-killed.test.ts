import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import path from "node:path";
import { createInterface } from "node:readline";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { z } from "zod";
import { at, awsOf, call, s3Client, TestEmulator, until } from "../support";
import { temporaryFolder } from "../workspaces/support";

const PROGRAM = path.join(__dirname, "../../fixtures/emulator-process.ts");
const KEY = "a-key-that-tests-know";
const announced = z.object({ url: z.string(), projectId: z.string() });

describe("uploads to an emulator that is killed with kill -9", function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let next: TestEmulator | undefined;
  before(async () => {
    folder = await temporaryFolder();
  });
  after(async () => {
    await next?.close();
    await folder.remove();
  });

  it("leave on its disk only what can continue", async () => {
    const { dir } = folder;
    const child = spawn(process.execPath, ["--import", "tsx", PROGRAM, dir, KEY], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(createInterface(child.stdout), "line");
    const { url, projectId } = announced.parse(JSON.parse(String(line)));
    const data = `/api/projects/${projectId}/data`;
    const file = async (name: string) => {
      const headers = { "X-API-Key": KEY };
      const { body } = await call(url, "POST", `${data}:createFileWithTemporaryCredentials`, {
        headers,
        body: { name },
      });
      const aws = awsOf(at(body, "tempCredentials"));
      const id = String(at(body, "data", "id"));
      const asked = await call(url, "POST", `${data}/${id}:createUploadUrl`, { headers });
      return {
        ...{ id, s3: s3Client(`${url}/s3`, aws), place: { Bucket: aws.bucket, Key: aws.objectPrefix } },
        put: String(at(asked.body, "url")),
      };
    };
    const onDisk = async () =>
      (await readdir(dir, { recursive: true, withFileTypes: true }))
        .filter(
          (entry) => entry.isFile() && !path.join(entry.parentPath, entry.name).startsWith(path.join(dir, "store")),
        )
        .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)));
    /** A body that never ends. */
    const begin = async (address: string) => {
      const before = await onDisk();
      const sending = request(address, { method: "PUT", headers: { "Content-Length": 1e9 } });
      sending.on("error", () => undefined).write(randomBytes(1000));
      await until("it comes in", async () => ((await onDisk()).length > before.length ? true : undefined));
    };

    const [plain, parts, done, deleted] = [await file("1"), await file("2"), await file("3"), await file("4")];
    await begin(plain.put);
    const { UploadId } = await parts.s3.send(new CreateMultipartUploadCommand(parts.place));
    const part = { ...parts.place, UploadId, PartNumber: 1 };
    const { ETag } = await parts.s3.send(new UploadPartCommand({ ...part, Body: "part" }));
    await done.s3.send(new CreateMultipartUploadCommand(done.place));
    for (const { s3, place } of [done, deleted]) await s3.send(new PutObjectCommand({ ...place, Body: "x" }));
    child.kill("SIGKILL");
    await once(child, "exit");
    // as a kill leaves it between the record and the object, while parts are put together, and on the way into the folder
    const folders = (await readdir(path.join(dir, "objects"), { recursive: true })).map((at) =>
      path.join(dir, "objects", at),
    );
    const upload = folders.find((at) => at.endsWith(String(UploadId))) ?? "";
    await rm(path.join(dir, "store", "data", `${deleted.id}.json`));
    await writeFile(path.join(upload, "assembled"), "half");
    await writeFile(path.join(upload, "2.1700000000000.incoming"), "half");
    await writeFile(path.join(dir, "project.0123456789ab.tmp"), "half");

    next = await TestEmulator.start({ dir, apiKey: KEY });
    const left = (await onDisk()).filter((at) => at.startsWith("objects") || at.endsWith(".tmp"));
    const endings = left.map((at) => at.replace(/^.*(?:_S3rver_|uploads\/[0-9a-f]{32}\/)/, ""));
    assert.deepEqual(endings.sort(), ["1", "1.md5", "key", "metadata", "metadata.json", "object", "object.md5"]);
    assert.ok(left.filter((at) => at.includes("_S3rver_object")).every((at) => at.includes(done.id)));
    const again = await next.ok("POST", `${data}/${parts.id}:createTemporaryCredentials`, { body: {} });
    await s3Client(next.emulator.s3Url, awsOf(again)).send(
      new CompleteMultipartUploadCommand({
        ...parts.place,
        UploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
      }),
    );
    assert.equal(at(await next.ok("GET", `${data}/${parts.id}`), "data", "details", "status"), "AVAILABLE");
  });
});
