import { Readable } from "node:stream";
import { readBytes } from "../bytes/read-bounded";
import { formatDuration } from "../inputs/duration";

/** One try of a request to an object store. What comes back has an end, in size and in time. */

/** What the limits depend on. */
interface Sent {
  readonly method: string;
  readonly query: object;
  readonly headers: Readonly<Record<string, string>>;
}

interface Got {
  readonly response: { readonly statusCode: number; body?: unknown };
}

export interface TryLimits {
  /** Milliseconds without a byte, either way, after which the connection is given up. */
  readonly idleMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Bytes of an answer. The largest is a page of 1,000 open uploads, some half of it. */
const largestAnswer = 1024 * 1024;
/** Bytes a second that an upload has to make at least: a slow line with four parts on it is alive, one byte now and then is not. */
const slowest = 4096;

/**
 * Sends a request, and reads its answer. The whole try takes as long as its bytes need on a very slow line, and the answer twice
 * the time in which nothing may come; the answer to a completion ten times, for S3 keeps it alive with spaces for some minutes.
 */
export async function tryOnce<Request extends Sent, Answer extends Got, Options extends object>(
  handle: (request: Request, options: Options & { abortSignal: AbortSignal }) => Promise<Answer>,
  request: Request,
  options: Options,
  { idleMs, signal }: TryLimits,
): Promise<Answer> {
  const longestMs = (isCompletion(request) ? 10 : 2) * idleMs + (bytesOf(request) / slowest) * 1000;
  let isLate = false;
  const callers = "abortSignal" in options ? options.abortSignal : undefined;
  const signals = [signal, callers].filter((each) => each instanceof AbortSignal);
  const ended = new AbortController();
  const timer = setTimeout(() => {
    isLate = true;
    ended.abort();
  }, longestMs);
  const end = () => ended.abort(signals.find(({ aborted }) => aborted)?.reason);
  for (const each of signals) each.addEventListener("abort", end, { once: true });
  if (signals.some(({ aborted }) => aborted)) end();
  try {
    const answer = await handle(request, { ...options, abortSignal: ended.signal });
    const { response } = answer;
    if (!(response.body instanceof Readable)) return answer;
    const { bytes, isWhole } = await readBytes(response.body, largestAnswer);
    if (!isWhole) throw new Error(`S3 answered ${response.statusCode} with more than ${largestAnswer / 1024} KB`);
    // A stream again: the SDK looks for an error in the answer to a completion only where it is one.
    response.body = Readable.from([bytes]);
    return answer;
  } catch (error) {
    if (!isLate) throw error;
    // By this name the SDK knows that another try is worth it.
    throw Object.assign(new Error(`the try was not over after ${formatDuration(longestMs)}`), { name: "TimeoutError" });
  } finally {
    clearTimeout(timer);
    for (const each of signals) each.removeEventListener("abort", end);
  }
}

function isCompletion({ method, query }: Sent): boolean {
  return method === "POST" && "uploadId" in query;
}

function bytesOf({ headers }: Sent): number {
  return Number(headers["content-length"] ?? 0);
}
