import axios, { type AxiosInstance, type AxiosResponse } from "axios";
import { z } from "zod";
import type { Clock } from "../handler";
import { wayTo } from "../proxy";
import { IcaError, refusal } from "./error";
import { RateLimiter } from "./limiter";
import { defaultRetryPolicy, type Failure, type RetryPolicy, retryDelay } from "./retry";
import { unreachable } from "./unreachable";

/** The media types of the REST API; each group of calls has its own (official OpenAPI document, `content` of each call). */
export const media = {
  v3: "application/vnd.illumina.v3+json",
  v4: "application/vnd.illumina.v4+json",
} as const;

/** The answer of a call that has none (204). */
export const noContent = z.unknown().transform(() => undefined);

export interface Request<T> {
  readonly method: "GET" | "POST" | "PUT";
  /** Path below the base URL, already encoded; see {@link path}. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly media: (typeof media)[keyof typeof media];
  /** The documented form of the answer; {@link noContent} for calls that answer 204. */
  readonly answer: z.ZodType<T>;
  readonly headers?: Readonly<Record<string, string>>;
  /** True when doing it twice is the same as doing it once. Default: true for GET and PUT, and with an Idempotency-Key. */
  readonly repeatable?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer<T> {
  readonly body: T;
  /** The ETag response header, where the call has one. */
  readonly etag: string | undefined;
}

/** Gives the header that proves who is calling, and hears when ICA no longer accepts it. */
export interface Authenticator {
  headers(): Promise<Readonly<Record<string, string>>>;
  /**
   * `used` is what {@link headers} gave for the call that was refused; a newer proof is not thrown away for an older one.
   * Returns whether there may be another proof, so that the call is worth repeating.
   */
  rejected(used: Readonly<Record<string, string>>): boolean;
  /** Blanks every secret it knows of in a text. */
  redact(text: string): string;
}

export interface TransportOptions {
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly userAgent: string;
  readonly policy?: RetryPolicy;
  readonly random?: () => number;
  /** Milliseconds for one try. Default 60 000. */
  readonly timeoutMs?: number;
}

/** Milliseconds for which a call is held back by the limit of the rate while others get through, before its tries count. */
const longestLimitedMs = 600_000;

/** Puts values into a path safely: path`/api/projects/${id}`. */
export function path(parts: TemplateStringsArray, ...values: string[]): string {
  return parts.reduce((whole, part, i) => whole + encodeURIComponent(values[i - 1] ?? "") + part);
}

/** Sends calls, tries again what is worth it, and turns every failure into an {@link IcaError}. */
export class Transport {
  readonly #axios: AxiosInstance;
  readonly #options: TransportOptions;
  readonly #limiter: RateLimiter;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#limiter = new RateLimiter(options.clock);
    this.#axios = axios.create({
      baseURL: options.baseUrl.replace(/(?<!\/)\/+$/, ""),
      timeout: options.timeoutMs ?? 60_000,
      headers: { "User-Agent": options.userAgent },
      maxRedirects: 0,
      validateStatus: () => true,
      ...wayTo(options.baseUrl),
    });
  }

  async send<T>(request: Request<T>, auth: Authenticator): Promise<Answer<T>> {
    const call = `${request.method} ${request.path}`;
    const repeatable =
      request.repeatable ?? (request.method !== "POST" || request.headers?.["Idempotency-Key"] !== undefined);
    const { clock, policy = defaultRetryPolicy, random = Math.random } = this.#options;
    const order = this.#limiter.order();
    const start = clock.now();
    let renewed = false;
    for (let attempt = 1; ; attempt++) {
      const answered = this.#limiter.answered;
      const outcome = await this.#try(request, call, auth, order);
      const limited = outcome.kind === "answer" && outcome.response.status === 429;
      if (!limited) this.#limiter.done(outcome.kind === "answer");
      // Others got through meanwhile: ICA works, and only limits the rate. That uses up no try.
      if (limited && this.#limiter.answered > answered && clock.now() - start < longestLimitedMs) attempt = 1;
      if (outcome.kind === "answer") {
        const { response } = outcome;
        if (response.status === 401 && !renewed && auth.rejected(outcome.used)) {
          // A token that ICA no longer takes: once more with a new one. Counts as no try of its own.
          renewed = true;
          attempt--;
          continue;
        }
        if (response.status >= 200 && response.status < 300) return this.#accept(request, call, response, auth);
      }
      const failure: Failure =
        outcome.kind === "answer"
          ? { status: outcome.response.status, retryAfter: headerOf(outcome.response, "retry-after") }
          : outcome.failure;
      const delay = retryDelay(failure, attempt, repeatable, policy, random, clock.now());
      // The pause is everybody's: whoever sent another call meanwhile would be refused too.
      if (limited) this.#limiter.refused(delay ?? 0);
      if (delay === undefined) {
        throw outcome.kind === "answer" ? this.#refusal(call, outcome.response, auth) : outcome.error;
      }
      if (!limited) await clock.sleep(delay, request.signal);
    }
  }

  async #try<T>(
    request: Request<T>,
    call: string,
    auth: Authenticator,
    order: number,
  ): Promise<
    | { kind: "answer"; response: AxiosResponse<unknown>; used: Readonly<Record<string, string>> }
    | { kind: "none"; failure: Failure; error: IcaError }
  > {
    // Before its turn: a login is a call of its own, and must not wait for the turn of those that wait for it.
    const authorization = await auth.headers();
    await this.#limiter.turn(order, request.signal);
    try {
      const response = await this.#axios.request<unknown>({
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
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      });
      return { kind: "answer", response, used: authorization };
    } catch (error) {
      if (request.signal?.aborted === true) {
        this.#limiter.done(false);
        throw request.signal.reason;
      }
      return { kind: "none", ...unreachable(call, this.#options.baseUrl, error, (text) => auth.redact(text)) };
    }
  }

  #refusal(call: string, response: AxiosResponse<unknown>, auth: Authenticator): IcaError {
    const location = headerOf(response, "location");
    return refusal(call, response.status, blanked(response.data, auth), location && auth.redact(location));
  }

  #accept<T>(request: Request<T>, call: string, response: AxiosResponse<unknown>, auth: Authenticator): Answer<T> {
    const etag = headerOf(response, "etag");
    const parsed = request.answer.safeParse(response.data);
    if (parsed.success) return { body: parsed.data, etag };
    const issues = parsed.error.issues
      .slice(0, 5)
      .map((issue) => `${issue.path.join(".") || "(the whole answer)"}: ${issue.message}`);
    throw new IcaError({
      kind: "unexpected",
      call,
      status: response.status,
      message:
        `${call}: the answer does not have the documented form (${auth.redact(issues.join("; "))}). ` +
        `ICA may have changed, or ica:baseUrl names another service. ${request.method === "GET" ? "Nothing was changed because of it." : "What was asked for may have been done all the same."}`,
    });
  }
}

function headerOf(response: AxiosResponse<unknown>, name: string): string | undefined {
  const value: unknown = response.headers[name];
  return typeof value === "string" ? value : undefined;
}

/**
 * A server may echo what it was sent. Secrets are blanked before an error is made of it: an error's stack and fields are
 * printed too, not only its message.
 */
function blanked(value: unknown, auth: Authenticator): unknown {
  if (typeof value === "string") return auth.redact(value);
  if (Array.isArray(value)) return value.map((inner) => blanked(inner, auth));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [auth.redact(key), blanked(inner, auth)] as const),
  );
}
