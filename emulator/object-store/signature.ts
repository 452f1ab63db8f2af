import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { S3Failure } from "./failure";

/* AWS Signature Version 4, see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html */

const algorithm = "AWS4-HMAC-SHA256";
const unsignedPayload = "UNSIGNED-PAYLOAD";
const maxSkewMs = 15 * 60 * 1000;

/** A request as it was signed: the path as sent, including what comes before the bucket. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

/** The claims of a signature, from the Authorization header or from the query of a presigned URL. */
export interface Claim {
  readonly accessKey: string;
  readonly sessionToken: string | undefined;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly date: string;
  readonly credentialScope: string;
  readonly payloadHash: string;
}

/**
 * Reads the signature of a request. Throws S3's error when it is missing or unusable.
 *
 * @param region AWS name of the store's region
 */
export function claimOf(request: SignedRequest, region: string): Claim {
  if (isVersion2(request)) {
    throw new S3Failure(
      "InvalidRequest",
      "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256. " +
        "(This request is signed with Signature Version 2. Set the signature version of your client to s3v4.)",
    );
  }
  const claim = request.query.has("X-Amz-Algorithm") ? presignedClaim(request) : headerClaim(request);
  if (!claim.signedHeaders.includes("host")) {
    throw new S3Failure("AccessDenied", "The Host header must be signed.");
  }
  checkCredentialScope(claim, region, request.query.has("X-Amz-Algorithm"));
  return claim;
}

/**
 * Detects signatures of version 2. Their parts are in other places, so they would otherwise look like missing
 * signatures.
 */
function isVersion2({ headers, query }: SignedRequest): boolean {
  return query.has("AWSAccessKeyId") || /^AWS\s/.test(headers.authorization ?? "");
}

/** Checks `<date>/<region>/s3/aws4_request`. As in S3, a signature is valid for one region, service and day only. */
function checkCredentialScope({ credentialScope, date }: Claim, region: string, presigned: boolean): void {
  const parts = credentialScope.split("/");
  const expected = [date.slice(0, 8), region, "s3", "aws4_request"];
  const names = ["date", "region", "service", "terminal"];
  const wrong = expected.findIndex((part, index) => part !== parts[index]);
  if (wrong >= 0 || parts.length !== expected.length) {
    const reason =
      parts.length === expected.length
        ? `the ${names[wrong]} '${parts[wrong]}' is wrong; expecting '${expected[wrong]}'`
        : "the Credential must be <access key>/<date>/<region>/s3/aws4_request";
    const elements = names[wrong] === "region" ? { Region: region } : {};
    throw presigned
      ? new S3Failure("AuthorizationQueryParametersError", `Error parsing the X-Amz-Credential parameter; ${reason}`, {
          elements,
        })
      : new S3Failure("AuthorizationHeaderMalformed", `The authorization header is malformed; ${reason}`, { elements });
  }
}

/** The access key that a request names, unverified. */
export function accessKeyOf({ headers, url = "/" }: IncomingMessage): string | undefined {
  return (
    /Credential=([^/,\s]+)\//.exec(headers.authorization ?? "")?.[1] ??
    new URL(url, "http://localhost").searchParams.get("X-Amz-Credential")?.split("/")[0]
  );
}

/** Throws `SignatureDoesNotMatch` unless this secret signed the request. */
export function verify(request: SignedRequest, claim: Claim, secretKey: string): void {
  const expected = Buffer.from(sign(request, claim, secretKey), "hex");
  const given = Buffer.from(claim.signature, "hex");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new S3Failure(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    );
  }
}

/** The parts of a presigned URL for one PUT. */
export interface Presigning {
  /** Scheme, host and port, for example `http://127.0.0.1:4747`. */
  readonly origin: string;
  /** Path including the bucket, not encoded. */
  readonly path: string;
  /** Headers that the PUT must carry; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly region: string;
  readonly expiresInS: number;
  readonly credentials: { readonly accessKey: string; readonly secretKey: string; readonly sessionToken: string };
}

/** A URL that allows one PUT until it expires. */
export function presignPut({ origin, path, headers, region, expiresInS, credentials }: Presigning): string {
  const url = new URL(encodePath(path), origin);
  const signed: IncomingHttpHeaders = { ...headers, host: url.host };
  const signedHeaders = Object.keys(signed).sort();
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const credentialScope = `${date.slice(0, 8)}/${region}/s3/aws4_request`;
  url.searchParams.set("X-Amz-Algorithm", algorithm);
  url.searchParams.set("X-Amz-Credential", `${credentials.accessKey}/${credentialScope}`);
  url.searchParams.set("X-Amz-Date", date);
  url.searchParams.set("X-Amz-Expires", String(expiresInS));
  url.searchParams.set("X-Amz-Security-Token", credentials.sessionToken);
  url.searchParams.set("X-Amz-SignedHeaders", signedHeaders.join(";"));
  const request = { method: "PUT", path: url.pathname, query: url.searchParams, headers: signed };
  const claim = { signedHeaders, date, credentialScope, payloadHash: unsignedPayload };
  url.searchParams.set("X-Amz-Signature", sign(request, claim, credentials.secretKey));
  return url.href;
}

function headerClaim({ headers }: SignedRequest): Claim {
  const authorization = headers.authorization;
  if (authorization === undefined) {
    throw new S3Failure("AccessDenied", "This store takes no anonymous requests.");
  }
  const match =
    /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)\/([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/i.exec(
      authorization.trim(),
    );
  const date = headerOf(headers, "x-amz-date");
  const payloadHash = headerOf(headers, "x-amz-content-sha256");
  if (match === null || date === undefined || payloadHash === undefined) {
    throw new S3Failure("AuthorizationHeaderMalformed", "The store takes signatures of version 4 only.");
  }
  const [, accessKey = "", credentialScope = "", signedHeaders = "", signature = ""] = match;
  if (!(Math.abs(Date.now() - timeOf(date)) <= maxSkewMs)) {
    throw new S3Failure(
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
    );
  }
  checkSigned(headers, signedHeaders.split(";"));
  return {
    accessKey,
    credentialScope,
    signedHeaders: signedHeaders.split(";"),
    signature,
    date,
    payloadHash,
    sessionToken: headerOf(headers, "x-amz-security-token"),
  };
}

function presignedClaim({ query }: SignedRequest): Claim {
  const [accessKey, ...scope] = (query.get("X-Amz-Credential") ?? "").split("/");
  const date = query.get("X-Amz-Date") ?? "";
  const expiresInS = Number(query.get("X-Amz-Expires") ?? Number.NaN);
  const signature = query.get("X-Amz-Signature") ?? "";
  const signedHeaders = query.get("X-Amz-SignedHeaders") ?? "";
  const complete = query.get("X-Amz-Algorithm") === algorithm && accessKey && /^[0-9a-f]{64}$/.test(signature);
  if (!complete || Number.isNaN(timeOf(date)) || !(expiresInS >= 0 && expiresInS <= 604_800)) {
    throw new S3Failure(
      "AuthorizationQueryParametersError",
      "The X-Amz- parameters of this URL are not complete and valid.",
    );
  }
  if (Date.now() > timeOf(date) + expiresInS * 1000) {
    throw new S3Failure("AccessDenied", "Request has expired");
  }
  return {
    accessKey,
    credentialScope: scope.join("/"),
    signedHeaders: signedHeaders.split(";"),
    signature,
    date,
    payloadHash: unsignedPayload,
    sessionToken: query.get("X-Amz-Security-Token") ?? undefined,
  };
}

/** S3 requires a signature over every x-amz-* header of a request. */
function checkSigned(headers: IncomingHttpHeaders, signedHeaders: readonly string[]): void {
  const unsigned = Object.keys(headers).filter((name) => name.startsWith("x-amz-") && !signedHeaders.includes(name));
  if (unsigned.length > 0) {
    throw new S3Failure(
      "AccessDenied",
      `There were headers present in the request which were not signed: ${unsigned.join(", ")}`,
    );
  }
}

function sign(
  request: SignedRequest,
  claim: Pick<Claim, "signedHeaders" | "date" | "credentialScope" | "payloadHash">,
  secretKey: string,
): string {
  const canonical = [
    request.method,
    encodePath(decodePath(request.path)),
    canonicalQuery(request.query),
    ...claim.signedHeaders.map(
      (name) => `${name}:${(headerOf(request.headers, name) ?? "").trim().replace(/\s+/g, " ")}`,
    ),
    "",
    claim.signedHeaders.join(";"),
    claim.payloadHash,
  ].join("\n");
  const toSign = [
    algorithm,
    claim.date,
    claim.credentialScope,
    createHash("sha256").update(canonical).digest("hex"),
  ].join("\n");
  const key = claim.credentialScope
    .split("/")
    .reduce<Buffer>((parent, part) => hmac(parent, part), Buffer.from(`AWS4${secretKey}`));
  return hmac(key, toSign).toString("hex");
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
}

/** `20250102T030405Z` in milliseconds; NaN for any other form. */
function timeOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(",") : value;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** Percent-encodes each segment of a path. */
export function encodePath(path: string): string {
  return path.split("/").map(encode).join("/");
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new S3Failure("InvalidURI", "Couldn't parse the specified URI.", { cause });
  }
}

/** Percent-encoding of RFC 3986, which signatures use. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
