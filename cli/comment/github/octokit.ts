import { Octokit } from "@octokit/core";
import { paginateRest } from "@octokit/plugin-paginate-rest";
import { retry } from "@octokit/plugin-retry";

/**
 * GitHub's API through Octokit. Octokit is ES modules only, and this package is CommonJS. So `scripts/build.mjs` replaces
 * the compiled file of this module by a bundle that holds Octokit, and this module imports nothing of the project.
 */

/** What calls GitHub. */
export interface GithubApi {
  /** One call: `GET /repos/{owner}/{repo}`, with values for its braces and body. Returns the answer's body. */
  call(route: string, values?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** All items of all pages. */
  all(route: string, values: Readonly<Record<string, unknown>>): Promise<readonly unknown[]>;
  graphql(query: string, values?: Readonly<Record<string, unknown>>): Promise<unknown>;
}

/** An answer that is an error, or no answer. */
export interface GithubFailure {
  /** HTTP status; 500 when there was no answer. */
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface GithubOptions {
  readonly baseUrl: string;
  readonly token: string;
  readonly userAgent: string;
  readonly fetch: (
    url: string,
    call: { method?: string; headers?: Record<string, string>; body?: string },
  ) => Promise<Response>;
  /** Seconds after which a call may succeed that the rate limit refused; undefined when it is not worth a wait. */
  readonly secondsOff: (failure: GithubFailure) => number | undefined;
  /** Milliseconds of a second when waiting. Tests have shorter ones. */
  readonly secondMs: number;
}

/** How often a read is repeated. A write never is: what reads the state before it has to be repeated with it. */
const retries = 3;

/** Statuses that the retry plugin leaves alone. The hook below decides on 403 and 429. */
const notByPlugin = [400, 401, 403, 404, 410, 422, 429, 451];

export function connectGithub(options: GithubOptions): GithubApi {
  const { baseUrl, token, userAgent, fetch, secondsOff, secondMs } = options;
  const quiet = () => undefined;
  const limits = (octokit: Octokit) => {
    // Plugins are applied in order, so this hook lies inside those of the retry plugin.
    octokit.hook.error("request", (error, { request }) => {
      const failure = failureOf(error);
      const seconds = failure !== undefined && request.retries !== 0 ? secondsOff(failure) : undefined;
      if (seconds !== undefined && "request" in error) {
        error.request.request = { ...error.request.request, retries, retryAfter: seconds };
      }
      throw error;
    });
  };
  const octokit = new (Octokit.plugin(limits, paginateRest, retry))({
    baseUrl,
    auth: token,
    userAgent,
    request: { fetch },
    retry: { retries, doNotRetry: notByPlugin, retryAfterBaseValue: secondMs },
    // Octokit would warn on the console, past the one place that writes output.
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  const headers = { "X-GitHub-Api-Version": "2022-11-28" };
  return {
    call: async (route, values = {}) => {
      const once = route.startsWith("GET ") ? {} : { request: { retries: 0 } };
      return (await octokit.request(route, { ...values, headers, ...once })).data;
    },
    all: (route, values) => octokit.paginate(route, { ...values, headers, per_page: 100 }),
    graphql: (query, values = {}) => octokit.graphql(query, values),
  };
}

/** What GitHub answered; undefined for an error that comes from somewhere else. */
export function failureOf(error: unknown): GithubFailure | undefined {
  if (!(error instanceof Error) || !("status" in error) || typeof error.status !== "number") {
    return undefined;
  }
  const response: unknown = "response" in error ? error.response : undefined;
  const headers = typeof response === "object" && response !== null && "headers" in response ? response.headers : {};
  return {
    status: error.status,
    message: error.message,
    headers: Object.fromEntries(
      Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)] as const),
    ),
  };
}
