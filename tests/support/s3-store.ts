import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetObjectCommand, HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import S3rver from "s3rver";
import type { UploadCredentials } from "../../provider/bench-image/upload.js";
import { keepWholeFiles } from "./whole-files.js";

/** The key that s3rver knows; the secret of it, too, is its own. */
export const known: UploadCredentials = {
  accessKey: "S3RVER",
  secretKey: "S3RVER",
  sessionToken: "a-session-token",
  region: "us-east-1",
  bucket: "images",
  objectPrefix: "bench-images/rstudio-1.tar.bz2",
};

/** A real S3 server, with a gate in front that sees every request and may answer in its place. */
export class Store {
  readonly seen: { method: string; url: string; headers: IncomingMessage["headers"] }[] = [];
  gate: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  #folder = "";
  #server: Server | undefined;
  #s3: S3rver | undefined;
  endpoint = "";

  async start(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), "pulumi-ica-test-"));
    this.#s3 = new S3rver({
      silent: true,
      directory: this.#folder,
      vhostBuckets: false,
      configureBuckets: [{ name: "images", configs: [] }],
    });
    keepWholeFiles(this.#s3, this.#folder);
    await this.#s3.configureBuckets();
    const handle = this.#s3.callback();
    const server = createServer((request, response) => {
      this.seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers });
      if (this.gate(request, response)) return;
      // The server package knows no abort.
      if (request.method === "DELETE" && request.url?.includes("uploadId=")) response.writeHead(204).end();
      else handle(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    assert.ok(address !== null && typeof address === "object");
    this.endpoint = `http://127.0.0.1:${address.port}`;
    this.#server = server;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
    await rm(this.#folder, { recursive: true, force: true });
  }

  client(): S3Client {
    const credentials = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" };
    return new S3Client({ region: "us-east-1", endpoint: this.endpoint, forcePathStyle: true, credentials });
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

  /** Multipart uploads that were begun and neither completed nor aborted. */
  open(): string[] {
    const idOf = (url: string) => new URL(url, this.endpoint).searchParams.get("uploadId");
    const parts = this.seen.filter(({ method }) => method === "PUT").map(({ url }) => idOf(url));
    const ended = this.seen
      .filter(({ method }) => method === "DELETE" || method === "POST")
      .map(({ url }) => idOf(url));
    return parts.filter((id) => id !== null && !ended.includes(id)).map(String);
  }
}
