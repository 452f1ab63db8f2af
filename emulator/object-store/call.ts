import type { IncomingHttpHeaders } from "node:http";
import { S3Failure } from "./failure";

/** The S3 calls that this store serves, by S3's own names. */
export type CallName =
  | "GetObject"
  | "HeadObject"
  | "ListParts"
  | "ListMultipartUploads"
  | "PutObject"
  | "UploadPart"
  | "CreateMultipartUpload"
  | "CompleteMultipartUpload"
  | "AbortMultipartUpload";

interface CallShape {
  readonly name: CallName;
  readonly method: string;
  /** Query parameters that identify this call. */
  readonly needs?: readonly string[];
  /** Optional query parameters. */
  readonly takes?: readonly string[];
}

/**
 * S3 distinguishes its calls by method and parameters:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html
 */
const calls: readonly CallShape[] = [
  { name: "GetObject", method: "GET" },
  { name: "HeadObject", method: "HEAD" },
  {
    name: "ListParts",
    method: "GET",
    needs: ["uploadId"],
    takes: ["max-parts", "part-number-marker", "encoding-type"],
  },
  {
    ...{ name: "ListMultipartUploads", method: "GET", needs: ["uploads"] },
    takes: ["prefix", "max-uploads", "key-marker", "upload-id-marker", "encoding-type"],
  },
  { name: "PutObject", method: "PUT" },
  { name: "UploadPart", method: "PUT", needs: ["uploadId", "partNumber"] },
  { name: "CreateMultipartUpload", method: "POST", needs: ["uploads"] },
  { name: "CompleteMultipartUpload", method: "POST", needs: ["uploadId"] },
  { name: "AbortMultipartUpload", method: "DELETE", needs: ["uploadId"] },
];

/** Parameters of any call: those of a presigned URL, and the name of the call, which the AWS SDK adds. */
const ofAnyCall = /^(?:x-amz-.*|x-id)$/i;

/** Headers that turn a PUT into another call, or make it depend on stored data. */
const notServed = ["x-amz-copy-source", "x-amz-server-side-encryption-customer-algorithm"];

/**
 * The call that a request makes. Throws `NotImplemented` with the list of supported calls instead of carrying out half
 * the request.
 */
export function callOf(method: string, query: URLSearchParams, headers: IncomingHttpHeaders): CallName {
  const given = [...query.keys()].filter((name) => !ofAnyCall.test(name));
  const found = calls.find(
    ({ method: its, needs = [], takes = [] }) =>
      its === method &&
      needs.every((name) => given.includes(name)) &&
      given.every((name) => needs.includes(name) || takes.includes(name)),
  );
  const header = notServed.find((name) => headers[name] !== undefined);
  if (found === undefined || header !== undefined) {
    const asked = header ?? `${method}${given.length > 0 ? ` with ${given.join(", ")}` : ""}`;
    throw new S3Failure(
      "NotImplemented",
      `The emulator's object store does not serve ${asked}. It serves ${calls.map(({ name }) => name).join(", ")}.`,
    );
  }
  return found.name;
}

/** A whole number from the query parameters. */
export function numberIn(query: URLSearchParams, name: string, fallback: number, [min, max]: [number, number]): number {
  const text = query.get(name);
  const value = text === null ? fallback : /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw new S3Failure("InvalidArgument", `${name} must be an integer between ${min} and ${max}, inclusive.`);
  }
  return value;
}
