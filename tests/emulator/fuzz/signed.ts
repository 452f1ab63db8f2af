import { HeadBucketCommand, type S3Client } from "@aws-sdk/client-s3";

/** A request to an object store, valid or not. */
export interface StoreRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the SDK is about to send. */
interface HttpRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body?: unknown;
}

/** The bytes of a request with a right signature of the SDK's, never sent. */
export async function signedRequest(client: S3Client, wanted: StoreRequest): Promise<Buffer> {
  const command = new HeadBucketCommand({ Bucket: "any" });
  let signed: HttpRequest | undefined;
  command.middlewareStack.add(
    (next) => (args) => {
      const request = httpRequest(args.request);
      Object.assign(request, {
        method: wanted.method,
        path: `/s3${wanted.path}`,
        query: { ...wanted.query },
        body: wanted.body,
      });
      Object.assign(request.headers, wanted.headers, { "content-length": String(Buffer.byteLength(wanted.body)) });
      return next(args);
    },
    { step: "build", priority: "low" },
  );
  command.middlewareStack.add(
    () => (args) => {
      signed = httpRequest(args.request);
      return Promise.reject(new Error("not to be sent"));
    },
    { step: "finalizeRequest", priority: "low" },
  );
  await client.send(command).catch(() => undefined);
  if (signed === undefined) throw new Error("the SDK signed nothing");
  const query = Object.entries(signed.query).map((pair) => pair.map(encodeURIComponent).join("="));
  const head = Object.entries(signed.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(
    `${signed.method} ${signed.path}${query.length > 0 ? `?${query.join("&")}` : ""} HTTP/1.1\r\n${head.join("")}Connection: close\r\n\r\n${wanted.body}`,
  );
}

function httpRequest(request: unknown): HttpRequest {
  if (!isHttpRequest(request)) throw new Error("the SDK has other requests than it had");
  return request;
}

function isHttpRequest(request: unknown): request is HttpRequest {
  return typeof request === "object" && request !== null && "headers" in request && "query" in request;
}
