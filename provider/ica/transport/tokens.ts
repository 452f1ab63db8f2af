import { z } from "zod";
import type { Clock } from "../../handler";
import { IcaError } from "./error";
import { type Authenticator, media, type Transport } from "./http";

const tokenSchema = z.object({ token: z.string().min(1) });

/** A token is not used in its last seconds; this many. */
const marginS = 60;

/** Milliseconds to use a token whose expiry is unknown. */
const usualLifeMs = 10 * 60_000;

/** A key to log in with if ICA refuses the first one. */
export interface SpareKey {
  /** The key; undefined while it does not apply. Called before each use. */
  find(): string | undefined;
  /** Called when ICA has refused the first key and accepted this one. */
  used(): void;
}

/**
 * Logs in with an API key. ICA advises to exchange the key for a JWT once and then use the JWT. A JWT made from an API key
 * cannot be refreshed, so this requests a new one (official OpenAPI document, "Authentication").
 */
export class ApiKeyLogin implements Authenticator {
  readonly #transport: Transport;
  readonly #apiKey: string;
  readonly #clock: Clock;
  readonly #spareKey: SpareKey | undefined;
  #token: { jwt: string; endsAt: number; isSpare: boolean } | undefined;
  #pending: Promise<string> | undefined;
  readonly #secrets = new Set<string>();

  constructor(transport: Transport, apiKey: string, clock: Clock, spareKey?: SpareKey) {
    this.#transport = transport;
    this.#apiKey = apiKey;
    this.#clock = clock;
    this.#spareKey = spareKey;
    this.#secrets.add(apiKey);
  }

  async headers(): Promise<Record<string, string>> {
    return { Authorization: bearer(await this.#jwt()) };
  }

  rejected(used: Readonly<Record<string, string>>): boolean {
    // When many calls are refused together, the later ones must keep the token that the first one renewed.
    if (this.#token !== undefined && used.Authorization === bearer(this.#token.jwt)) {
      this.#token = undefined;
    }
    return true;
  }

  redact(text: string): string {
    return [...this.#secrets].reduce((clean, secret) => clean.replaceAll(secret, "[secret]"), text);
  }

  async #jwt(): Promise<string> {
    if (this.#token?.isSpare === true && this.#spareKey?.find() === undefined) {
      this.#token = undefined;
    }
    if (this.#token !== undefined && this.#clock.now() < this.#token.endsAt - marginS * 1000) {
      return this.#token.jwt;
    }
    // Many resources start at the same time and share one login.
    this.#pending ??= this.#login().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #login(): Promise<string> {
    try {
      return await this.#loginWith(this.#apiKey, false);
    } catch (error) {
      const spare = this.#spareKey?.find();
      if (!(error instanceof IcaError) || error.status !== 401 || spare === undefined || spare === this.#apiKey) {
        throw error;
      }
      this.#secrets.add(spare);
      const jwt = await this.#loginWith(spare, true);
      this.#spareKey?.used();
      return jwt;
    }
  }

  async #loginWith(apiKey: string, isSpare: boolean): Promise<string> {
    const withKey: Authenticator = {
      headers: async () => ({ "X-API-Key": apiKey }),
      // Asking again with the same key would not help.
      rejected: () => false,
      redact: (text) => this.redact(text),
    };
    const { body } = await this.#transport.send(
      { method: "POST", path: "/api/tokens", media: media.v3, answer: tokenSchema, repeatable: true, writes: false },
      withKey,
    );
    this.#secrets.add(body.token);
    const [ends, now] = [endOf(body.token), this.#clock.now()];
    // If the token seems expired on arrival, this machine's clock is ahead. Then a 401 shows when it really expires.
    const isUsable = ends !== undefined && ends - marginS * 1000 > now;
    this.#token = { jwt: body.token, endsAt: isUsable ? ends : now + usualLifeMs, isSpare };
    return body.token;
  }
}

function bearer(jwt: string): string {
  return `Bearer ${jwt}`;
}

/**
 * When a JWT expires, in milliseconds since 1970 (claim `exp`); undefined when it does not say. Only ICA checks the
 * signature.
 */
function endOf(jwt: string): number | undefined {
  const payload = jwt.split(".")[1];
  if (payload === undefined) {
    return undefined;
  }
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    const parsed = z.object({ exp: z.number() }).safeParse(claims);
    return parsed.success ? parsed.data.exp * 1000 : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}
