import type { ServerResponse } from "node:http";
import { explain } from "../journal";
import { xmlOf } from "./xml";

/**
 * The error codes of this store with their statuses
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html). S3 itself is never full; 507 is the HTTP
 * status for that.
 */
const statuses = {
  AccessDenied: 403,
  AuthorizationHeaderMalformed: 400,
  AuthorizationQueryParametersError: 400,
  BadDigest: 400,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  ExpiredToken: 400,
  IncompleteBody: 400,
  InsufficientStorage: 507,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidDigest: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidToken: 400,
  InvalidURI: 400,
  MalformedXML: 400,
  MaxMessageLengthExceeded: 400,
  MissingContentLength: 411,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  SignatureDoesNotMatch: 403,
  SlowDown: 503,
  XAmzContentSHA256Mismatch: 400,
} as const;

export type S3Code = keyof typeof statuses;

/** The optional parts of an error. */
export interface FailureDetails extends ErrorOptions {
  /** Replaces the status that S3 documents for the code. */
  readonly status?: number;
  /** Further elements of the answer, for example `Region`. */
  readonly elements?: Readonly<Record<string, string | number>>;
}

/** An error that the object store returns in S3's form, with the status that S3 documents for the code. */
export class S3Failure extends Error {
  override readonly name = "S3Failure";
  readonly status: number;
  readonly elements: Readonly<Record<string, string | number>>;

  constructor(
    readonly code: S3Code,
    message: string,
    { status, elements = {}, ...options }: FailureDetails = {},
  ) {
    super(message, options);
    this.status = status ?? statuses[code];
    this.elements = elements;
  }
}

/** Sends an error in S3's form. */
export function sendFailure(res: ServerResponse, { code, message, status, elements }: S3Failure): void {
  const body = xmlOf("Error", { Code: code, Message: message, ...elements });
  explain(res, `${code}: ${message}`);
  res.writeHead(status, {
    "Content-Type": "application/xml",
    "Content-Length": Buffer.byteLength(body),
    // The store does not read the rest of an upload, so the connection cannot be reused.
    Connection: "close",
  });
  res.end(body);
}
