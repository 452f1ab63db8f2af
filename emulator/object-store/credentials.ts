import { randomBytes } from "node:crypto";

/** What a set of temporary credentials allows: one object, to read, or to read and write. */
export interface Scope {
  readonly bucket: string;
  readonly key: string;
  readonly readOnly: boolean;
}

/** Temporary credentials. They live in memory only, so they end with the process; clients ask for new ones. */
export interface TemporaryCredentials extends Scope {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly sessionToken: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Issues temporary credentials and remembers them. */
export class Credentials {
  readonly #issued = new Map<string, TemporaryCredentials>();
  readonly #lifetimeMs: number;

  /** @param lifetimeMs how long they hold */
  constructor(lifetimeMs: number) {
    this.#lifetimeMs = lifetimeMs;
  }

  issue(scope: Scope, lifetimeMs: number = this.#lifetimeMs): TemporaryCredentials {
    this.#forgetOld();
    const fresh: TemporaryCredentials = {
      ...scope,
      accessKey: `ASIA${randomBytes(10).toString("hex").slice(0, 16).toUpperCase()}`,
      secretKey: randomBytes(30).toString("base64url"),
      sessionToken: randomBytes(48).toString("base64"),
      expiresAt: Date.now() + lifetimeMs,
    };
    this.#issued.set(fresh.accessKey, fresh);
    return fresh;
  }

  /** Expired ones are still found for a while, so that their user is told that they expired. */
  find(accessKey: string): TemporaryCredentials | undefined {
    return this.#issued.get(accessKey);
  }

  /** Lets credentials expire now, if there are such. */
  expire(accessKey: string): void {
    const found = this.#issued.get(accessKey);
    if (found !== undefined) {
      this.#issued.set(accessKey, { ...found, expiresAt: Date.now() });
    }
  }

  #forgetOld(): void {
    const limit = Date.now() - this.#lifetimeMs;
    for (const [accessKey, { expiresAt }] of this.#issued) {
      if (expiresAt < limit) {
        this.#issued.delete(accessKey);
      }
    }
  }
}
