import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Request, RequestHandler } from "express";
import jwt from "jsonwebtoken";
import { z } from "zod";
import type { Collection, Store } from "../state/store";
import { type ProblemError, unauthorized } from "./problem";

const key = z.object({
  /** SHA-256 of the key, hex. The key itself is never on disk. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  owner: z.string(),
  timeCreated: z.iso.datetime(),
});
type Key = z.infer<typeof key>;

/** Owner of the user's key. Workspaces own further keys, for example `workspace:<id>`. */
export const user = "user";

/** The caller of a request. */
export interface Principal {
  readonly owner: string;
  /** A token made from a key cannot be refreshed, according to the documentation of `POST /api/tokens:refresh`. */
  readonly by: "key" | "token";
}

const claims = z.object({ sub: z.string() });

/** API keys and the tokens made from them. Keys survive a restart as hashes; tokens end with the process. */
export class Auth {
  readonly #keys: Collection<Key>;
  readonly #tokenLifetimeS: number;
  readonly #secret = randomBytes(32);
  /** Hashes of tokens that an injected fault made expire early. */
  readonly #expired = new Set<string>();

  private constructor(keys: Collection<Key>, tokenLifetimeS: number) {
    this.#keys = keys;
    this.#tokenLifetimeS = tokenLifetimeS;
  }

  /**
   * @param tokenLifetimeS seconds until a token expires. In ICA a tenant administrator sets it; the default is
   * undocumented.
   */
  static async open(store: Store, tokenLifetimeS: number): Promise<Auth> {
    return new Auth(await store.collection("keys", key), tokenLifetimeS);
  }

  /**
   * Sets the user's key to `given`. Without `given`, keeps the existing key, or generates the first one. Returns the
   * new key; undefined if the existing key stays.
   */
  async userKey(given: string | undefined): Promise<string | undefined> {
    const known = this.#keys.list().some(({ owner }) => owner === user);
    if (given === undefined) {
      return known ? undefined : this.issueKey(user);
    }
    const hash = hashOf(given);
    await this.addKey(hash, user);
    await this.#remove(user, [hash]);
    return given;
  }

  /** Returns a function that restores the user's present key. */
  userKeyAsNow(): () => Promise<void> {
    const now = this.#keys.list().filter(({ owner }) => owner === user);
    return async () => {
      for (const known of now) {
        await this.#keys.put(known.hash, known);
      }
      await this.#remove(
        user,
        now.map(({ hash }) => hash),
      );
    };
  }

  /**
   * Generates a key for an owner. Returns it only this once, because only its hash is kept. Hex, because a key that begins with
   * "-" would be an option of `pulumi config set ica:apiKey`.
   */
  async issueKey(owner: string): Promise<string> {
    const fresh = randomBytes(24).toString("hex");
    await this.addKey(hashOf(fresh), owner);
    return fresh;
  }

  /** Accepts a key from now on, by its SHA-256 in hex. */
  async addKey(hash: string, owner: string): Promise<void> {
    await this.#keys.put(hash, { hash, owner, timeCreated: new Date().toISOString() });
  }

  /** Revokes all keys of an owner, and the tokens made from them. */
  async removeKeys(owner: string): Promise<void> {
    await this.#remove(owner);
  }

  /** The owner of a key, or undefined. Also verifies SSH passwords. */
  verifyKey(candidate: string): Principal | undefined {
    const known = this.#keys.get(hashOf(candidate));
    return known === undefined ? undefined : { owner: known.owner, by: "key" };
  }

  /** A signed token for the owner of a key. */
  issueToken({ owner }: Principal): string {
    const options = { algorithm: "HS256", expiresIn: this.#tokenLifetimeS, jwtid: randomUUID() } as const;
    return jwt.sign({ sub: owner }, this.#secret, options);
  }

  /** The principal of a token. Throws a 401 problem that says what is wrong with the token. */
  verifyToken(token: string): Principal {
    const { sub } = claims.parse(this.#decode(token));
    if (!this.#keys.list().some(({ owner }) => owner === sub)) {
      throw unauthorized("The API key that this token was made from is no longer valid.");
    }
    return { owner: sub, by: "token" };
  }

  /** Makes a token expire now. */
  expireToken(token: string): void {
    this.#expired.add(hashOf(token));
  }

  #decode(token: string): unknown {
    if (this.#expired.has(hashOf(token))) {
      throw badToken("has expired");
    }
    try {
      return jwt.verify(token, this.#secret, { algorithms: ["HS256"] });
    } catch (cause) {
      const why = cause instanceof jwt.TokenExpiredError ? "has expired" : "is not valid";
      throw badToken(why, cause);
    }
  }

  async #remove(owner: string, except: readonly string[] = []): Promise<void> {
    for (const known of this.#keys.list()) {
      if (known.owner === owner && !except.includes(known.hash)) {
        await this.#keys.delete(known.hash);
      }
    }
  }
}

function badToken(why: string, cause?: unknown): ProblemError {
  return unauthorized(`The token ${why}. Make a new one with POST /api/tokens.`, { cause });
}

/** Requires the user's API key; a token is not enough. */
export function requireUserKey(auth: Auth, req: Request): void {
  if (auth.verifyKey(req.get("X-API-Key") ?? "")?.owner !== user) {
    throw unauthorized("Send the API key of this emulator in X-API-Key.");
  }
}

/** Requires an API key or a token on every call. `principalOf` returns the caller. */
export function authenticate(auth: Auth): RequestHandler {
  return (req, _res, next) => {
    principals.set(req, identify(auth, req));
    next();
  };
}

/** The caller of a request. Only after {@link authenticate}. */
export function principalOf(req: Request): Principal {
  const principal = principals.get(req);
  if (principal === undefined) {
    throw unauthorized("This call needs an API key or a token.");
  }
  return principal;
}

const principals = new WeakMap<Request, Principal>();

function identify(auth: Auth, req: Request): Principal {
  const apiKey = req.get("X-API-Key");
  if (apiKey !== undefined) {
    const principal = auth.verifyKey(apiKey);
    if (principal === undefined) {
      throw unauthorized("The API key in X-API-Key is not known. The emulator prints its key when it starts.");
    }
    return principal;
  }
  const bearer = bearerOf(req.headers);
  if (bearer === undefined) {
    throw unauthorized("Send an API key in X-API-Key, or a token in Authorization: Bearer.");
  }
  return auth.verifyToken(bearer);
}

/** The bearer token of a request. */
export function bearerOf({ authorization = "" }: IncomingHttpHeaders): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1];
}

/** SHA-256 in hex, the form in which keys are stored. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
