import { randomBytes } from "node:crypto";

/** The scope of temporary credentials: one object, to read, or to read and write. */
export interface Scope {
  readonly bucket: string;
  readonly key: string;
  readonly readOnly: boolean;
}

/** Temporary credentials. They are in memory only and end with the process; clients ask for new ones. */
export interface TemporaryCredentials extends Scope {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly sessionToken: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Issues and finds temporary credentials. */
export class Credentials {
  readonly #issued = new Map<string, TemporaryCredentials>();
  readonly #lifetimeMs: number;

  /** @param lifetimeMs how long credentials are valid */
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

  /** Also finds expired credentials for a while, so that the error can say that they expired. */
  find(accessKey: string): TemporaryCredentials | undefined {
    return this.#issued.get(accessKey);
  }

  /** Makes the credentials expire now, if they exist. */
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
