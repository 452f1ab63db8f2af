import type { Readable } from "node:stream";
import type { AxiosInstance } from "axios";
import { z } from "zod";
import { cut, errorMessage, withoutEnd } from "../../error-message";
import type { Clock } from "../../handler";
import { IcaError, refusal } from "./error";
import { RateLimiter } from "./limiter";
import { proxyOptions } from "./proxy";
import { type Received, received } from "./received";
import { defaultRetryPolicy, type Failure, type RetryPolicy, retryDelay } from "./retry";
import { TimeLimit } from "./time-limit";
import { unreachable } from "./unreachable";

/** The media types of the REST API; each group of calls has its own (official OpenAPI document, `content` of each call). */
export const media = {
  v3: "application/vnd.illumina.v3+json",
  v4: "application/vnd.illumina.v4+json",
} as const;

/** The form of an empty response (204). */
export const noContent = z.unknown().transform(() => undefined);

export interface Request<T> {
  readonly method: "GET" | "POST" | "PUT";
  /** Path below the base URL, already encoded; see {@link path}. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly media: (typeof media)[keyof typeof media];
  /** The documented form of the response; {@link noContent} for calls that answer 204. */
  readonly answer: z.ZodType<T>;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * True when repeating the call has the same effect as sending it once. Default: true for GET and PUT, and with an
   * Idempotency-Key.
   */
  readonly repeatable?: boolean;
  /** Whether the call changes something in ICA. Default: false for GET. */
  readonly writes?: boolean;
}

export interface Answer<T> {
  readonly body: T;
  /** The ETag response header, if the call returns one. */
  readonly etag: string | undefined;
}

/** Sends one call as the user. The classes for the API's tags use this. */
export type Caller = <T>(request: Request<T>) => Promise<Answer<T>>;

/** Provides the header that authenticates the caller, and learns when ICA no longer accepts it. */
export interface Authenticator {
  headers(): Promise<Readonly<Record<string, string>>>;
  /**
   * `used` is the result of {@link headers} for the refused call; newer credentials stay valid. Returns whether other
   * credentials may exist, so that a repeat makes sense.
   */
  rejected(used: Readonly<Record<string, string>>): boolean;
  /** Removes every known secret from a text. */
  redact(text: string): string;
}

export interface TransportOptions {
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly userAgent: string;
  readonly policy?: RetryPolicy;
  readonly random?: () => number;
  /** Milliseconds without any data before a try ends. The whole try may take twice as long. Default {@link usualTimeoutMs}. */
  readonly timeoutMs?: number;
  /** Ends all calls, those that wait for their turn or for another try included. The reason tells the user why. */
  readonly signal?: AbortSignal | undefined;
}

const usualTimeoutMs = 60_000;

/**
 * Milliseconds that a call that writes may still wait for its response when the run is cancelled. The response to a creation
 * holds the id of what was created: without it, only the name could find that again.
 */
const lastAnswerMs = 1500;

/** How many milliseconds the rate limit can hold a call back, while other calls succeed, before its tries count. */
const longestLimitedMs = 600_000;

/** Inserts values into a path safely: path`/api/projects/${id}`. */
export function path(parts: TemplateStringsArray, ...values: string[]): string {
  return parts.reduce((whole, part, i) => whole + encodeURIComponent(values[i - 1] ?? "") + part);
}

/** Sends calls, repeats them when that can help, and turns every failure into an {@link IcaError}. */
export class Transport {
  #axios: AxiosInstance | undefined;
  readonly #options: TransportOptions;
  readonly #limiter: RateLimiter;
  readonly #proxy: ReturnType<typeof proxyOptions>;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#limiter = new RateLimiter(options.clock);
    this.#proxy = proxyOptions(options.baseUrl);
  }

  /** Loads axios at the first call: a preview without changes makes none. */
  get #client(): AxiosInstance {
    this.#axios ??= this.#open();
    return this.#axios;
  }

  #open(): AxiosInstance {
    const axios = require("axios") as typeof import("axios");
    const { baseUrl, userAgent } = this.#options;
    return axios.create({
      baseURL: withoutEnd(baseUrl, /\//),
      headers: { "User-Agent": userAgent },
      maxRedirects: 0,
      // The response is read by this class, up to a limit.
      responseType: "stream",
      validateStatus: () => true,
      ...this.#proxy,
    });
  }

  async send<T>(request: Request<T>, auth: Authenticator): Promise<Answer<T>> {
    const call = `${request.method} ${request.path}`;
    const client = this.#client;
    const repeatable =
      request.repeatable ?? (request.method !== "POST" || request.headers?.["Idempotency-Key"] !== undefined);
    const { clock, policy = defaultRetryPolicy, random = Math.random, signal } = this.#options;
    const order = this.#limiter.order();
    const start = clock.now();
    let renewed = false;
    for (let attempt = 1; ; attempt++) {
      const answered = this.#limiter.answered;
      const outcome = await this.#try(client, request, call, auth, order);
      const limited = outcome.kind === "answer" && outcome.response.status === 429;
      if (!limited) {
        this.#limiter.done(outcome.kind === "answer");
      }
      // Other calls succeeded in the meantime: ICA works and only limits the rate, so this does not use up a try.
      if (limited && this.#limiter.answered > answered && clock.now() - start < longestLimitedMs) {
        attempt = 1;
      }
      if (outcome.kind === "answer") {
        const { response } = outcome;
        if (response.status === 401 && !renewed && auth.rejected(outcome.used)) {
          // ICA no longer accepts the token: send the call once more with a new token. This does not count as a try.
          renewed = true;
          attempt--;
          continue;
        }
        if (response.status >= 200 && response.status < 300) {
          return this.#accept(request, call, response, auth);
        }
      }
      const failure: Failure =
        outcome.kind === "answer"
          ? { status: outcome.response.status, retryAfter: outcome.response.header("retry-after") }
          : outcome.failure;
      const delay = retryDelay(failure, attempt, repeatable, policy, random, clock.now());
      // All calls pause: any other call sent in the meantime would be refused too.
      if (limited) {
        this.#limiter.refused(delay ?? 0);
      }
      const failed = () => (outcome.kind === "answer" ? this.#refusal(call, outcome.response, auth) : outcome.error);
      if (delay === undefined) {
        throw failed();
      }
      if (!limited) {
        await unlessCancelled(call, signal, clock.sleep(delay, signal), () => `another try. ${failed().message}`);
      }
    }
  }

  async #try<T>(
    client: AxiosInstance,
    request: Request<T>,
    call: string,
    auth: Authenticator,
    order: number,
  ): Promise<
    | { kind: "answer"; response: Received; used: Readonly<Record<string, string>> }
    | { kind: "none"; failure: Failure; error: IcaError }
  > {
    // Get the headers before waiting for a turn. They may need a login call, which must not queue behind the calls that wait
    // for it.
    const authorization = await auth.headers();
    const { signal, timeoutMs = usualTimeoutMs } = this.#options;
    await unlessCancelled(call, signal, this.#limiter.turn(order, signal), () => "it was sent.");
    const writes = request.writes ?? request.method !== "GET";
    const limit = new TimeLimit(timeoutMs, signal, writes ? lastAnswerMs : 0);
    try {
      const response = await client.request<Readable>({
        method: request.method,
        url: request.path,
        params: request.query,
        data: request.body,
        headers: {
          Accept: `${request.media}, application/problem+json`,
          ...(request.body === undefined ? {} : { "Content-Type": request.media }),
          ...request.headers,
          ...authorization,
        },
        signal: limit.signal,
      });
      limit.came();
      return { kind: "answer", response: await received(response, limit.came), used: authorization };
    } catch (error) {
      if (signal?.aborted === true) {
        this.#limiter.done(false);
        throw cancelled(call, signal, writes ? "ICA answered, and ICA may have carried it out." : "ICA answered.");
      }
      const thrown = limit.exceeded ?? error;
      return { kind: "none", ...unreachable(call, this.#options.baseUrl, thrown, (text) => auth.redact(text)) };
    } finally {
      limit.over();
    }
  }

  #refusal(call: string, response: Received, auth: Authenticator): IcaError {
    const location = response.header("location");
    return refusal(call, response.status, blanked(response.body, auth), location && auth.redact(location));
  }

  #accept<T>(request: Request<T>, call: string, response: Received, auth: Authenticator): Answer<T> {
    const etag = response.header("etag");
    const problem = response.damage ?? parse(request.answer, response.body);
    if (typeof problem !== "string") {
      return { body: problem.value, etag };
    }
    throw new IcaError({
      kind: "unexpected",
      call,
      status: response.status,
      message:
        `${call}: the answer does not have the documented form (${cut(auth.redact(problem), longestProblem)}). ` +
        `ICA may have changed, or ica:baseUrl names another service. ${request.method === "GET" ? "Nothing was changed because of it." : "What was asked for may have been done all the same."}`,
    });
  }
}

/** Waits before a call is sent. `before` says what does not happen any more when the run is cancelled. */
async function unlessCancelled(
  call: string,
  signal: AbortSignal | undefined,
  wait: Promise<void>,
  before: () => string,
): Promise<void> {
  try {
    await wait;
  } catch (error) {
    throw signal?.aborted === true ? cancelled(call, signal, before()) : error;
  }
}

function cancelled(call: string, { reason }: AbortSignal, before: string): IcaError {
  const message = `${call}: ${errorMessage(reason)} before ${before}`;
  return new IcaError({ kind: "aborted", call, message }, { cause: reason });
}

/** Largest number of characters shown of the problem with a response. */
const longestProblem = 500;

/** The parsed response, or what is wrong with it. */
function parse<T>(form: z.ZodType<T>, body: unknown): { readonly value: T } | string {
  const parsed = form.safeParse(body);
  if (parsed.success) {
    return { value: parsed.data };
  }
  if (typeof body === "string" && /^\s*</.test(body)) {
    return "(the whole answer): a web page, not JSON";
  }
  return parsed.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join(".") || "(the whole answer)"}: ${issue.message}`)
    .join("; ");
}

/**
 * A server may echo the request. Secrets are removed before an error is made from the response, since an error's stack and
 * fields are printed too, not only its message.
 */
function blanked(value: unknown, auth: Authenticator): unknown {
  if (typeof value === "string") {
    return auth.redact(value);
  }
  if (Array.isArray(value)) {
    return value.map((inner) => blanked(inner, auth));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [auth.redact(key), blanked(inner, auth)] as const),
  );
}
