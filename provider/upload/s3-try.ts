import { Readable } from "node:stream";
import { readBytes } from "../bytes/read-bounded";
import { formatDuration } from "../inputs/duration";

/** One try of a request to an object store. The response is limited in size and time. */

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
  /** Milliseconds without a byte in either direction before the connection is closed. */
  readonly idleMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Largest number of bytes of a response. The largest response, a page of 1,000 open uploads, has about half of that. */
const largestAnswer = 1024 * 1024;
/** Slowest upload in bytes a second: a slow line with four parts on it still works, an occasional byte does not. */
const slowest = 4096;

/**
 * Sends a request and reads the response. The try may take as long as its bytes need on a very slow line. The response may
 * take twice the idle time. The response to a completion may take ten times that: S3 keeps it alive with spaces for some
 * minutes.
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
  for (const each of signals) {
    each.addEventListener("abort", end, { once: true });
  }
  if (signals.some(({ aborted }) => aborted)) {
    end();
  }
  try {
    const answer = await handle(request, { ...options, abortSignal: ended.signal });
    const { response } = answer;
    if (!(response.body instanceof Readable)) {
      return answer;
    }
    const { bytes, isWhole } = await readBytes(response.body, largestAnswer);
    if (!isWhole) {
      throw new Error(`S3 answered ${response.statusCode} with more than ${largestAnswer / 1024} KB`);
    }
    // Turn the body into a stream again: the SDK only looks for an error in the response to a completion if the body is a
    // stream.
    response.body = Readable.from([bytes]);
    return answer;
  } catch (error) {
    if (!isLate) {
      throw error;
    }
    // The SDK retries errors of this name.
    throw Object.assign(new Error(`the try was not over after ${formatDuration(longestMs)}`), { name: "TimeoutError" });
  } finally {
    clearTimeout(timer);
    for (const each of signals) {
      each.removeEventListener("abort", end);
    }
  }
}

function isCompletion({ method, query }: Sent): boolean {
  return method === "POST" && "uploadId" in query;
}

function bytesOf({ headers }: Sent): number {
  return Number(headers["content-length"] ?? 0);
}
