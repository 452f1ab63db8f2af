import type { Readable } from "node:stream";
import axios from "axios";
import { readText } from "../../provider/bytes/read-bounded";
import { proxyOptions } from "../../provider/ica/transport/proxy";
import { TimeLimit } from "../../provider/ica/transport/time-limit";

/** Milliseconds without data before a try ends. */
const timeoutMs = 30_000;
/** Largest answer in bytes: 100 comments of 65,536 characters are up to 26 MB. */
const largest = 50_000_000;

/** A call, in the words of `fetch`. */
export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * `fetch` with what this project's other calls have: the proxy of HTTPS_PROXY, a time limit, and a bound on the answer's
 * size. Node's own `fetch` has none of the three. Follows a redirect only within the same server: a sign-in page on another
 * one would get the token.
 */
export async function httpFetch(url: string, { method = "GET", headers = {}, body }: Call = {}): Promise<Response> {
  const limit = new TimeLimit(timeoutMs);
  let elsewhere: Error | undefined;
  try {
    const answer = await axios.request<Readable>({
      url,
      method,
      headers: { ...headers },
      data: body,
      // Octokit gives the text as it is to be sent.
      transformRequest: (data: unknown) => data,
      responseType: "stream",
      validateStatus: () => true,
      beforeRedirect: ({ href }: { readonly href?: unknown }) => {
        elsewhere = leaving(url, String(href));
        if (elsewhere !== undefined) {
          throw elsewhere;
        }
      },
      signal: limit.signal,
      ...proxyOptions(url),
    });
    limit.came();
    const { text, isWhole } = await readText(answer.data, largest, limit.came);
    if (!isWhole) {
      throw new Error(`${new URL(url).host} sent more than ${largest / 1e6} MB`);
    }
    const received = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
    const isEmpty = answer.status === 204 || answer.status === 304;
    return new Response(isEmpty ? null : text, { status: answer.status, headers: received });
  } catch (error) {
    throw elsewhere ?? limit.exceeded ?? error;
  } finally {
    limit.over();
  }
}

/** Why a redirect is not followed; undefined when it stays at the same server. */
function leaving(from: string, to: string): Error | undefined {
  if (URL.canParse(to) && new URL(to).origin === new URL(from).origin) {
    return undefined;
  }
  const other = URL.canParse(to) ? new URL(to).host : "without an address";
  return new Error(`${new URL(from).host} redirects to another server, ${other}`);
}
