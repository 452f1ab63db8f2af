import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetObjectCommand, HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ObjectStore, s3Path } from "../../../emulator/object-store/server";
import type { UploadCredentials } from "../../../provider/upload/upload";

/** Credentials that {@link Store} accepts. */
export const known: UploadCredentials = {
  accessKey: "ASIATEST",
  secretKey: "a-secret",
  sessionToken: "a-session-token",
  region: "us-east-1",
  bucket: "images",
  objectPrefix: "bench-images/rstudio-1.tar.bz2",
};

/** Newer credentials for the same object, as a client gets them when it asks again. */
export const renewed: UploadCredentials = { ...known, accessKey: "ASIANEWER", sessionToken: "a-newer-token" };

const issued = [known, renewed].map((credentials) => ({
  ...credentials,
  ...{ key: known.objectPrefix, readOnly: false, expiresAt: Number.POSITIVE_INFINITY },
}));

/** The emulator's object store behind a gate that sees every request and can answer it instead. */
export class Store {
  readonly seen: { method: string; url: string; headers: IncomingMessage["headers"] }[] = [];
  readonly log: string[] = [];
  gate: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  #folder = "";
  #server: Server | undefined;
  endpoint = "";

  async start(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), "pulumi-ica-test-"));
    const store = await ObjectStore.open({
      ...{ dir: this.#folder, bucket: known.bucket, region: known.region },
      credentials: { find: (accessKey) => issued.find((each) => each.accessKey === accessKey) },
      // Tests use parts of a few bytes, to have many.
      minPartBytes: 0,
      mayWrite: () => true,
      onStored: async () => undefined,
      log: (line) => this.log.push(line),
    });
    const server = createServer((request, response) => {
      this.seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers });
      if (this.gate(request, response)) return;
      store.handle(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    assert.ok(address !== null && typeof address === "object");
    this.endpoint = `http://127.0.0.1:${address.port}${s3Path}`;
    this.#server = server;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
    await rm(this.#folder, { recursive: true, force: true });
  }

  client(): S3Client {
    const { accessKey, secretKey, sessionToken, region } = known;
    const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey, sessionToken };
    return new S3Client({ region, endpoint: this.endpoint, forcePathStyle: true, credentials });
  }

  async object(): Promise<Buffer> {
    const answer = await this.client().send(new GetObjectCommand({ Bucket: "images", Key: known.objectPrefix }));
    assert.ok(answer.Body !== undefined);
    return Buffer.from(await answer.Body.transformToByteArray());
  }

  async hasObject(): Promise<boolean> {
    try {
      await this.client().send(new HeadObjectCommand({ Bucket: "images", Key: known.objectPrefix }));
      return true;
    } catch {
      return false;
    }
  }

  /** Multipart uploads that are neither completed nor aborted. */
  open(): string[] {
    const idOf = (url: string) => new URL(url, this.endpoint).searchParams.get("uploadId");
    const parts = this.seen.filter(({ method }) => method === "PUT").map(({ url }) => idOf(url));
    const ended = this.seen
      .filter(({ method }) => method === "DELETE" || method === "POST")
      .map(({ url }) => idOf(url));
    return parts.filter((id) => id !== null && !ended.includes(id)).map(String);
  }
}
