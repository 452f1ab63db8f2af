import { randomBytes } from "node:crypto";
import { type Auth, hashOf, USER } from "../http/auth";
import { unauthorized } from "../http/problem";

const MINUTE_MS = 60_000;
/** How long an address that signs in is good for. */
export const LINK_LIFETIME_MS = 10 * MINUTE_MS;
/** How long a session lasts that nobody uses. */
const SESSION_LIFETIME_MS = 12 * 60 * MINUTE_MS;
/** Far more browsers than one person has. The oldest go. */
const MOST = 100;

/**
 * Who is signed in to the page: by the API key of the person, or by an address that the command line gave. In memory only,
 * as hashes; all end with the process. A session is good for the page and for no REST call.
 */
export class Sessions {
  readonly #auth: Auth;
  readonly #now: () => number;
  /** Hash → when it ends, in the order of their making. */
  readonly #links = new Map<string, number>();
  readonly #sessions = new Map<string, number>();

  constructor(auth: Auth, now: () => number = Date.now) {
    this.#auth = auth;
    this.#now = now;
  }

  /** A token that begins one session, once, within {@link LINK_LIFETIME_MS}. */
  issueLink(): string {
    return this.#issue(this.#links, LINK_LIFETIME_MS);
  }

  /** Begins a session with such a token; 401 when it is used, too old, or none of ours. */
  beginByLink(link: string): string {
    const end = this.#links.get(hashOf(link));
    this.#links.delete(hashOf(link));
    if (end === undefined || end <= this.#now()) {
      throw unauthorized(
        "This address has been used, or is older than ten minutes. `ica-bench emulator status` gives another one, or sign in with the API key.",
      );
    }
    return this.#issue(this.#sessions, SESSION_LIFETIME_MS);
  }

  /** Begins a session with the API key of the person; 401 for any other, those of workspaces included. */
  beginByKey(apiKey: string): string {
    if (this.#auth.verifyKey(apiKey)?.owner !== USER) {
      throw unauthorized("This is not the API key of this emulator. It was printed when the emulator first started.");
    }
    return this.#issue(this.#sessions, SESSION_LIFETIME_MS);
  }

  /** Whether a session is good; using it makes it last. */
  isOpen(session: string | undefined): boolean {
    const hash = hashOf(session ?? "");
    const end = this.#sessions.get(hash);
    if (end === undefined || end <= this.#now()) {
      this.#sessions.delete(hash);
      return false;
    }
    this.#sessions.set(hash, this.#now() + SESSION_LIFETIME_MS);
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
    if (kind.size > MOST && oldest !== undefined) {
      kind.delete(oldest);
    }
    return secret;
  }
}
