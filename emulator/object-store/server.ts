import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type CallName, callOf, numberIn } from "./call";
import type { TemporaryCredentials } from "./credentials";
import { download } from "./download";
import { S3Failure, sendFailure } from "./failure";
import { listParts, listUploads, maxParts, readCompletion } from "./multipart";
import { claimOf, type SignedRequest, verify } from "./signature";
import { DiskStore, type StoredObject } from "./storage/disk";
import { metadataIn } from "./storage/metadata";
import { s3XmlOf } from "./xml";

/** Mount path of the object store; clients use path-style URLs below it. */
export const s3Path = "/s3";

/** What the object store needs from its surroundings. */
export interface ObjectStoreOptions {
  /** Folder of the buckets. */
  readonly dir: string;
  readonly bucket: string;
  /** AWS name of the region for which requests must be signed. */
  readonly region: string;
  readonly credentials: { find(accessKey: string): TemporaryCredentials | undefined };
  /** Whether an object can be written now: it is known and incomplete. */
  mayWrite(key: string): boolean;
  /** Awaited before the store acknowledges a complete upload. */
  onStored(object: StoredObject): Promise<void>;
  /** Minimum bytes of every part except the last. Default: as S3. */
  readonly minPartBytes?: number;
  log(line: string): void;
}

/** A request with permission for what it asks. */
interface Asked {
  readonly call: CallName;
  readonly bucket: string;
  readonly key: string;
  /** Empty for calls outside multipart uploads. */
  readonly uploadId: string;
  readonly query: URLSearchParams;
}

/**
 * The object store: the S3 calls that transfer one object, over HTTP, on {@link DiskStore}. Requires temporary
 * credentials of the emulator, and stays within their scope.
 */
export class ObjectStore {
  readonly disk: DiskStore;
  readonly #options: ObjectStoreOptions;

  private constructor(options: ObjectStoreOptions, disk: DiskStore) {
    this.#options = options;
    this.disk = disk;
  }

  static async open(options: ObjectStoreOptions): Promise<ObjectStore> {
    const disk = new DiskStore(options.dir, (object) => options.onStored(object), options.minPartBytes);
    await disk.makeBucket(options.bucket);
    return new ObjectStore(options, disk);
  }

  /** Handles a request below {@link s3Path}. */
  handle(req: IncomingMessage, res: ServerResponse): void {
    // An object can be a web page. In a browser, it must not act with the emulator's origin.
    res.setHeader("Content-Security-Policy", "sandbox; default-src 'none'");
    res.setHeader("X-Content-Type-Options", "nosniff");
    this.#answer(req, res).catch((error: unknown) => {
      const failure =
        error instanceof S3Failure
          ? error
          : new S3Failure("InternalError", "We encountered an internal error. Please try again.");
      if (!(error instanceof S3Failure)) {
        this.#options.log(`object store: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      }
      if (res.headersSent) {
        res.destroy();
      } else {
        sendFailure(res, failure);
      }
    });
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? "/", "http://localhost");
    const { searchParams: query, pathname } = url;
    const request = { method: req.method ?? "GET", path: pathname, query, headers: req.headers };
    const credentials = this.#authenticate(request);
    const call = callOf(request.method, query, req.headers);
    const key = this.#checkScope(request, credentials, call);
    const { bucket } = this.#options;
    const uploadId = query.get("uploadId") ?? "";
    if (query.has("uploadId") && (await this.disk.keyOfUpload(bucket, uploadId)) !== key) {
      throw new S3Failure("NoSuchUpload", "The specified upload does not exist for this key.");
    }
    await this.#carryOut({ call, bucket, key, uploadId, query }, req, res);
  }

  async #carryOut(asked: Asked, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { call, bucket, key, uploadId, query } = asked;
    switch (call) {
      case "GetObject":
      case "HeadObject":
        return download({ req, res }, this.disk, asked);
      case "PutObject": {
        requireLength(req);
        const { etag } = await this.disk.putObject({ bucket, key, content: req, metadata: metadataIn(req.headers) });
        res.writeHead(200, { ETag: `"${etag}"`, "Content-Length": 0 }).end();
        return;
      }
      case "UploadPart": {
        requireLength(req);
        const number = numberIn(query, "partNumber", 0, [1, maxParts]);
        const { etag } = await this.disk.putPart(bucket, uploadId, String(number), req);
        res.writeHead(200, { ETag: `"${etag}"`, "Content-Length": 0 }).end();
        return;
      }
      case "CreateMultipartUpload": {
        const fresh = randomBytes(16).toString("hex");
        await this.disk.initiateUpload(bucket, key, fresh, metadataIn(req.headers));
        return sendXml(res, s3XmlOf("InitiateMultipartUploadResult", { Bucket: bucket, Key: key, UploadId: fresh }));
      }
      case "CompleteMultipartUpload": {
        const { etag } = await this.disk.completeUpload(bucket, uploadId, await readCompletion(req));
        const Location = `http://${req.headers.host}${s3Path}/${bucket}/${key}`;
        const result = { Location, Bucket: bucket, Key: key, ETag: `"${etag}"` };
        return sendXml(res, s3XmlOf("CompleteMultipartUploadResult", result));
      }
      case "AbortMultipartUpload":
        await this.disk.abort(bucket, uploadId);
        res.writeHead(204).end();
        return;
      case "ListParts":
        return sendXml(res, await listParts(this.disk, asked));
      case "ListMultipartUploads":
        return sendXml(res, await listUploads(this.disk, asked));
      default:
        call satisfies never;
    }
  }

  #authenticate(request: SignedRequest): TemporaryCredentials {
    const claim = claimOf(request, this.#options.region);
    const credentials = this.#options.credentials.find(claim.accessKey);
    if (credentials === undefined) {
      throw new S3Failure("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
    }
    if (claim.sessionToken !== credentials.sessionToken) {
      throw new S3Failure("InvalidToken", "The provided token is malformed or otherwise not valid.");
    }
    verify(request, claim, credentials.secretKey);
    if (Date.now() >= credentials.expiresAt) {
      throw new S3Failure("ExpiredToken", "The provided token has expired.");
    }
    return credentials;
  }

  #checkScope(request: SignedRequest, credentials: TemporaryCredentials, call: CallName): string {
    const bucket = `${s3Path}/${credentials.bucket}`;
    const path = decodeURIComponent(request.path);
    const inScope =
      call === "ListMultipartUploads"
        ? path.replace(/\/$/, "") === bucket && (request.query.get("prefix") ?? "").startsWith(credentials.key)
        : path === `${bucket}/${credentials.key}`;
    if (!inScope) {
      throw new S3Failure("AccessDenied", `These credentials are for ${credentials.bucket}/${credentials.key} only.`);
    }
    if (credentials.readOnly && !reads.includes(call)) {
      throw new S3Failure("AccessDenied", "These credentials are read-only.");
    }
    if (writes.includes(call) && !this.#options.mayWrite(credentials.key)) {
      throw new S3Failure("AccessDenied", "The data is complete or deleted, so it cannot be written.");
    }
    return credentials.key;
  }
}

const reads: readonly CallName[] = ["GetObject", "HeadObject"];
const writes: readonly CallName[] = ["PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"];

/** S3 requires the length of a body in advance. */
function requireLength({ headers }: IncomingMessage): void {
  if (headers["content-length"] === undefined && headers["x-amz-decoded-content-length"] === undefined) {
    throw new S3Failure("MissingContentLength", "You must provide the Content-Length HTTP header.");
  }
}

function sendXml(res: ServerResponse, body: string): void {
  res.writeHead(200, { "Content-Type": "application/xml", "Content-Length": Buffer.byteLength(body) }).end(body);
}
