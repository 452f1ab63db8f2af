import type { ServerResponse } from "node:http";
import S3Error from "s3rver/lib/models/error";
import { explain } from "../journal";

/** The S3 error codes that this store adds to those of the server package. */
export type S3Code =
  | "AccessDenied"
  | "AuthorizationHeaderMalformed"
  | "AuthorizationQueryParametersError"
  | "BadDigest"
  | "EntityTooSmall"
  | "ExpiredToken"
  | "IncompleteBody"
  | "InsufficientStorage"
  | "InternalError"
  | "InvalidAccessKeyId"
  | "InvalidArgument"
  | "InvalidDigest"
  | "InvalidPart"
  | "InvalidPartOrder"
  | "InvalidRequest"
  | "InvalidToken"
  | "InvalidURI"
  | "NoSuchUpload"
  | "NotImplemented"
  | "RequestTimeTooSkewed"
  | "SignatureDoesNotMatch"
  | "SlowDown"
  | "XAmzContentSHA256Mismatch";

/** Of the codes that the server package does not know. S3 itself is never full: 507 is HTTP's word for it. */
const STATUSES: Partial<Record<S3Code, number>> = { XAmzContentSHA256Mismatch: 400, InsufficientStorage: 507 };

/** An error that a client of the object store gets in S3's form, with the status S3 documents for the code. */
export class S3Failure extends S3Error {
  constructor(code: S3Code, message: string, status?: number) {
    super(code, message);
    this.status = status ?? STATUSES[code] ?? this.status;
  }
}

/** Answers with an error in S3's form. */
export function sendFailure(res: ServerResponse, failure: S3Failure): void {
  const body = failure.toXML();
  explain(res, `${failure.code}: ${failure.message}`);
  res.writeHead(failure.status, {
    "Content-Type": "application/xml",
    "Content-Length": Buffer.byteLength(body),
    // The rest of an upload is not read, so the connection cannot be used again.
    Connection: "close",
  });
  res.end(body);
}
