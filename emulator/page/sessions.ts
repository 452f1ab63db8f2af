import { randomBytes } from "node:crypto";
import { type Auth, hashOf, user } from "../http/auth";
import { unauthorized } from "../http/problem";

const minuteMs = 60_000;
/** How long a sign-in link is valid. */
export const linkLifetimeMs = 10 * minuteMs;
/** How long an unused session lasts. */
const sessionLifetimeMs = 12 * 60 * minuteMs;
/** Far more sessions than one user has browsers. The oldest are dropped. */
const most = 100;

/**
 * Sign-ins to the page, by the user's API key or by a link from the command line. In memory only, as hashes; all end
 * with the process. A session is valid for the page and for no REST call.
 */
export class Sessions {
  readonly #auth: Auth;
  readonly #now: () => number;
  /** Hash → expiry, in order of creation. */
  readonly #links = new Map<string, number>();
  readonly #sessions = new Map<string, number>();

  constructor(auth: Auth, now: () => number = Date.now) {
    this.#auth = auth;
    this.#now = now;
  }

  /** A token that starts one session, once, within {@link linkLifetimeMs}. */
  issueLink(): string {
    return this.#issue(this.#links, linkLifetimeMs);
  }

  /** Starts a session with such a token; 401 when it is used, expired or unknown. */
  beginByLink(link: string): string {
    const end = this.#links.get(hashOf(link));
    this.#links.delete(hashOf(link));
    if (end === undefined || end <= this.#now()) {
      throw unauthorized(
        "This address has been used, or is older than ten minutes. `ica-bench emulator status` gives another one, or sign in with the API key.",
      );
    }
    return this.#issue(this.#sessions, sessionLifetimeMs);
  }

  /** Starts a session with the user's API key; 401 for any other key, including those of workspaces. */
  beginByKey(apiKey: string): string {
    if (this.#auth.verifyKey(apiKey)?.owner !== user) {
      throw unauthorized("This is not the API key of this emulator. It was printed when the emulator first started.");
    }
    return this.#issue(this.#sessions, sessionLifetimeMs);
  }

  /** Whether a session is valid. Each use extends it. */
  isOpen(session: string | undefined): boolean {
    const hash = hashOf(session ?? "");
    const end = this.#sessions.get(hash);
    if (end === undefined || end <= this.#now()) {
      this.#sessions.delete(hash);
      return false;
    }
    this.#sessions.set(hash, this.#now() + sessionLifetimeMs);
    return true;
  }

  /** Ends a session. */
  end(session: string): void {
    this.#sessions.delete(hashOf(session));
  }

  #issue(kind: Map<string, number>, lifetimeMs: number): string {
    const secret = randomBytes(32).toString("base64url");
    kind.set(hashOf(secret), this.#now() + lifetimeMs);
    const [oldest] = kind.keys();
    if (kind.size > most && oldest !== undefined) {
      kind.delete(oldest);
    }
    return secret;
  }
}
