import type { IncomingMessage, ServerResponse } from "node:http";
import S3rver from "s3rver";
import S3Error from "s3rver/lib/models/error";
import type { Credentials, TemporaryCredentials } from "./credentials";
import { DiskStore, type StoredObject } from "./disk";
import { S3Failure, sendFailure } from "./failure";
import { claimOf, type SignedRequest, verify } from "./signature";

/** Where the object store is mounted; clients use path-style addresses below it. */
export const S3_PATH = "/s3";

/** What the object store needs to know of the world. */
export interface ObjectStoreOptions {
  /** Folder of the buckets. */
  readonly dir: string;
  readonly bucket: string;
  readonly credentials: Credentials;
  /** Whether an object may be written now: it is known, and not complete. */
  mayWrite(key: string): boolean;
  /** Awaited before a complete upload is acknowledged. */
  onStored(object: StoredObject): Promise<void>;
  log(line: string): void;
}

/** What a request asks of the store. All else is refused before it gets to the server package. */
type Operation = "read" | "put" | "initiate" | "part" | "complete" | "abort";

/**
 * The object store: an S3 server package behind a front that lets only those through whom the emulator gave temporary
 * credentials, within their scope.
 */
export class ObjectStore {
  readonly disk: DiskStore;
  readonly #options: ObjectStoreOptions;
  readonly #serve: (req: IncomingMessage, res: ServerResponse) => void;

  private constructor(options: ObjectStoreOptions, disk: DiskStore) {
    this.#options = options;
    this.disk = disk;
    const server = new S3rver({
      directory: options.dir,
      silent: true,
      vhostBuckets: false,
      allowMismatchedSignatures: false,
    });
    useStore(server, disk, options.log);
    this.#serve = server.callback();
  }

  static async open(options: ObjectStoreOptions): Promise<ObjectStore> {
    const disk = new DiskStore(options.dir, (object) => options.onStored(object));
    await disk.putBucket(options.bucket);
    return new ObjectStore(options, disk);
  }

  /** Answers a request below {@link S3_PATH}. */
  handle(req: IncomingMessage, res: ServerResponse): void {
    // An object may be a web page; shown in a browser, it is not to act in the name of the emulator.
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
    const request = { method: req.method ?? "GET", path: url.pathname, query: url.searchParams, headers: req.headers };
    const credentials = this.#authenticate(request);
    const operation = operationOf(request);
    const { bucket } = this.#options;
    const key = this.#checkScope(request, credentials, operation);
    const uploadId = url.searchParams.get("uploadId") ?? "";
    if (operation === "part" || operation === "complete" || operation === "abort") {
      if ((await this.disk.keyOfUpload(bucket, uploadId)) !== key) {
        throw new S3Failure("NoSuchUpload", "The specified upload does not exist for this key.");
      }
    }
    if (operation === "abort") {
      await this.disk.abort(bucket, uploadId);
      res.writeHead(204).end();
      return;
    }
    // The server package gets the request without what identified its sender: it neither checks nor keeps it.
    req.url = `/${bucket}/${key}${innerQuery(operation, url.searchParams)}`;
    for (const name of ["authorization", "x-amz-security-token", "content-encoding"]) {
      delete req.headers[name];
    }
    this.#serve(req, res);
  }

  #authenticate(request: SignedRequest): TemporaryCredentials {
    const claim = claimOf(request);
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

  #checkScope(request: SignedRequest, credentials: TemporaryCredentials, operation: Operation): string {
    const prefix = `${S3_PATH}/${credentials.bucket}/`;
    const asked = decodeURIComponent(request.path);
    if (!asked.startsWith(prefix) || asked.slice(prefix.length) !== credentials.key) {
      throw new S3Failure("AccessDenied", `These credentials are for ${credentials.bucket}/${credentials.key} only.`);
    }
    if (operation !== "read" && operation !== "abort") {
      if (credentials.readOnly) {
        throw new S3Failure("AccessDenied", "These credentials are read-only.");
      }
      if (!this.#options.mayWrite(credentials.key)) {
        throw new S3Failure("AccessDenied", "The data is complete or deleted, so it cannot be written.");
      }
    }
    return credentials.key;
  }
}

function operationOf({ method, query, headers }: SignedRequest): Operation {
  const upload = query.has("uploadId");
  switch (method) {
    case "GET":
    case "HEAD":
      if (!upload && ![...query.keys()].some((name) => ["acl", "tagging", "uploads"].includes(name))) {
        return "read";
      }
      break;
    case "PUT":
      if (headers["x-amz-copy-source"] === undefined && !query.has("tagging") && !query.has("acl")) {
        checkPartNumber(upload, query.get("partNumber"));
        return upload ? "part" : "put";
      }
      break;
    case "POST":
      if (upload || query.has("uploads")) {
        return upload ? "complete" : "initiate";
      }
      break;
    case "DELETE":
      if (upload) {
        return "abort";
      }
      break;
    default:
  }
  throw new S3Failure(
    "NotImplemented",
    "The emulator's object store takes uploads, multipart uploads, aborts and downloads.",
  );
}

function checkPartNumber(upload: boolean, text: string | null): void {
  const number = text !== null && /^[1-9]\d{0,4}$/.test(text) ? Number(text) : Number.NaN;
  if (upload && !(number <= 10_000)) {
    throw new S3Failure("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive.");
  }
}

/** The parameters that the server package is to see. */
function innerQuery(operation: Operation, query: URLSearchParams): string {
  switch (operation) {
    case "initiate":
      return "?uploads=";
    case "part":
      return `?uploadId=${query.get("uploadId")}&partNumber=${query.get("partNumber")}`;
    case "complete":
      return `?uploadId=${query.get("uploadId")}`;
    default:
      return "";
  }
}

/** What the published types of the server package leave out: it is a Koa application with its store as a property. */
type WithInside = S3rver & {
  store: DiskStore;
  readonly context: { store: DiskStore };
  on(event: "error", listener: (error: Error) => void): unknown;
};

/** Puts our store in the place of the package's own, and its unexpected errors in our log. */
function useStore(server: S3rver, store: DiskStore, log: (line: string) => void): void {
  const inside = server as WithInside;
  inside.store = store;
  inside.context.store = store;
  inside.on("error", (error) => {
    if (!(error instanceof S3Error)) {
      log(`object store: ${error.stack ?? error.message}`);
    }
  });
}
