import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { ErrorRequestHandler, Request, RequestHandler, Response } from "express";
import { z } from "zod";
import { explain } from "../journal";
import { isNoSpace, noSpace } from "../state/no-space";
import { openapiPath } from "./openapi";

/** The media type of every error answer (RFC 7807). */
export const problemJson = "application/problem+json";

/** The optional parts of an error. */
export interface ProblemOptions extends ErrorOptions {
  /** Path of an attribute → what is wrong with it. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Further response headers, for example `Allow`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error that the REST API returns as a `Problem`, in the form that ICA documents. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly parameters: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    options: ProblemOptions = {},
  ) {
    super(`${status} ${title}: ${detail}`, options);
    this.parameters = options.parameters ?? {};
    this.headers = options.headers ?? {};
  }
}

const factory =
  (status: number, title: string) =>
  (detail: string, options?: ProblemOptions): ProblemError =>
    new ProblemError(status, title, detail, options);

/** 400: the request can never succeed. */
export const badRequest = factory(400, "Bad Request");
/** 401: no valid key or token. */
export const unauthorized = factory(401, "Unauthorized");
/** 403: authenticated, but not allowed. */
export const forbidden = factory(403, "Forbidden");
/** 404: no such resource, or no such call. */
export const notFound = factory(404, "Not Found");
/** 406: the caller does not accept the media type of the answer. */
export const notAcceptable = factory(406, "Not Acceptable");
/** 409: the current state of the resource forbids the request. */
export const conflict = factory(409, "Conflict");
/** 422: valid, but not allowed, for example another body under the same Idempotency-Key. */
export const unprocessable = factory(422, "Unprocessable Content");
/** 429: too many calls; `Retry-After` gives the wait. */
export const tooManyRequests = factory(429, "Too Many Requests");
/** 507: the emulator's disk is full. */
const insufficientStorage = factory(507, "Insufficient Storage");
/** 500: a bug in the emulator. */
export const internalError = factory(500, "Internal Server Error");

/** The body of an error answer. */
export interface Problem {
  readonly id: string;
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly timestamp: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The body for an error. By RFC 7807, `about:blank` means that the title is that of the status. */
export function problemOf(error: ProblemError): Problem {
  return {
    id: randomUUID(),
    type: "about:blank",
    title: error.title,
    status: error.status,
    detail: error.detail,
    timestamp: new Date().toISOString(),
    parameters: error.parameters,
  };
}

/** Sends a problem. Bypasses `res.json`, which the validator hooks for successful answers. */
export function sendProblem(res: ServerResponse, error: ProblemError): void {
  for (const [name, value] of Object.entries(error.headers)) {
    res.setHeader(name, value);
  }
  res.removeHeader("ETag");
  explain(res, error.detail);
  res.statusCode = error.status;
  res.setHeader("Content-Type", problemJson);
  res.end(JSON.stringify(problemOf(error)));
}

/** The problem for calls that the emulator does not serve; ICA may have them. */
export function notServed({ method, path }: Pick<Request, "method" | "path">): ProblemError {
  return notFound(
    `There is no ${method} ${path} here. The emulator serves the calls of its document, ${openapiPath}, and no others.`,
  );
}

export const unknownPath: RequestHandler = (req) => {
  throw notServed(req);
};

/** The last middleware: turns every thrown error into `application/problem+json`, and logs bugs of the emulator. */
export function problemHandler(log: (line: string) => void): ErrorRequestHandler {
  return (error: unknown, req: Request, res: Response, _next): void => {
    const problem = toProblem(error, req);
    if (problem.status >= 500) {
      const cause =
        error instanceof Error && problem.cause !== undefined ? (error.stack ?? error.message) : problem.detail;
      log(`${req.method} ${req.path}: ${cause}`);
    }
    if (res.headersSent) {
      res.destroy();
      return;
    }
    sendProblem(res, problem);
  };
}

/** Errors of express, its body parser and the validator: a status, and sometimes details. */
const httpError = z.object({
  status: z.int().min(400).max(599),
  message: z.string(),
  headers: z.record(z.string(), z.string()).nullish(),
  errors: z.array(z.object({ path: z.string(), message: z.string().nullish() })).nullish(),
});

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  500: "Internal Server Error",
};

function toProblem(error: unknown, req: Request): ProblemError {
  if (error instanceof ProblemError) {
    return error;
  }
  if (isNoSpace(error)) {
    return insufficientStorage(noSpace, { cause: error });
  }
  const parsed = httpError.safeParse(error);
  if (!parsed.success) {
    return internalError("The emulator failed; its log has the details.", { cause: error });
  }
  const { status, errors, headers } = parsed.data;
  const message = withoutUnknown(parsed.data.message);
  // 405 would say that ICA has no such call, which the emulator cannot know.
  if (status === 404 || status === 405) {
    return notServed(req);
  }
  const parameters: Record<string, string> = {};
  for (const { path, message: reason } of (status === 400 && errors) || []) {
    parameters[path] = withoutUnknown(reason ?? "is not valid");
  }
  const detail =
    status >= 500 ? `The emulator's own answer does not agree with its OpenAPI document: ${message}` : message;
  return new ProblemError(status, titles[status] ?? "Error", detail, { parameters, headers: headers ?? {} });
}

/** The validator calls a parameter unknown. ICA may know it: its document has more than the emulator serves. */
function withoutUnknown(message: string): string {
  return message.replace(
    /Unknown query parameter '([^']*)'/g,
    "the emulator does not serve the query parameter $1 of this call",
  );
}
