import { createHash } from "node:crypto";
import type { Request, RequestHandler } from "express";
import { z } from "zod";
import type { Collection, Store } from "../state/store";
import { principalOf } from "./auth";
import { conflict, unprocessable } from "./problem";
import { canonicalJson, send } from "./rest";

const sevenDaysMs = 7 * 24 * 60 * 60 * 1000;

const jsonObject = z.record(z.string(), z.json());

const stored = z.object({
  id: z.string(),
  bodyHash: z.string(),
  timeStored: z.number(),
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: jsonObject,
});
type Stored = z.infer<typeof stored>;

/** A JSON object: the body of a request or an answer. */
export type JsonObject = z.infer<typeof jsonObject>;

/** The answer of a creating call. */
interface Created {
  readonly headers?: Readonly<Record<string, string>>;
  /** The body without secrets; it stays on disk for seven days. */
  readonly body: object;
}

/** A call that must create something only once. */
export interface CreateCall {
  readonly mediaType: string;
  /**
   * Does the work. `requestId` is the same for every repetition of a request (undefined without a key), so that a
   * repetition after a crash finds what the first attempt created.
   */
  run(req: Request, requestId: string | undefined): Promise<Created>;
  /** Adds secrets to the answer, for example upload credentials. They never reach the disk; a replay makes new ones. */
  addSecrets?(req: Request, body: JsonObject): JsonObject;
}

/**
 * The documented `Idempotency-Key`: replays a success for seven days for the same endpoint, key and user. 409 while the
 * first call runs; 422 when the body differs. After an error, the call can be retried. Survives a kill.
 */
export class Idempotency {
  readonly #stored: Collection<Stored>;
  readonly #running = new Set<string>();
  readonly #now: () => number;

  private constructor(collection: Collection<Stored>, now: () => number) {
    this.#stored = collection;
    this.#now = now;
  }

  static async open(store: Store, now: () => number = Date.now): Promise<Idempotency> {
    const collection = await store.collection("idempotency", stored);
    for (const { id, timeStored } of collection.list()) {
      if (now() - timeStored > sevenDaysMs) {
        await collection.delete(id);
      }
    }
    return new Idempotency(collection, now);
  }

  /** The Express handler of a call. Responds with 201. */
  handler(call: CreateCall): RequestHandler {
    return async (req, res) => {
      const { status, headers, body } = await this.#once(call, req);
      res.set(headers);
      send(res, status, call.mediaType, call.addSecrets?.(req, body) ?? body);
    };
  }

  async #once(call: CreateCall, req: Request): Promise<Pick<Stored, "status" | "headers" | "body">> {
    const idempotencyKey = req.get("Idempotency-Key");
    if (idempotencyKey === undefined) {
      return answer(await call.run(req, undefined));
    }
    const id = sha256(canonicalJson([req.method, req.originalUrl, principalOf(req).owner, idempotencyKey]));
    const bodyHash = sha256(canonicalJson(req.body ?? null));
    const known = this.#stored.get(id);
    if (known !== undefined && this.#now() - known.timeStored <= sevenDaysMs) {
      if (known.bodyHash !== bodyHash) {
        throw unprocessable("This Idempotency-Key was used for a request with another body in the last seven days.");
      }
      return known;
    }
    if (this.#running.has(id)) {
      throw conflict("The first request with this Idempotency-Key is still in progress.");
    }
    this.#running.add(id);
    try {
      const made = answer(await call.run(req, sha256(`${id} ${bodyHash}`)));
      await this.#stored.put(id, { id, bodyHash, timeStored: this.#now(), ...made });
      return made;
    } finally {
      this.#running.delete(id);
    }
  }
}

function answer({ headers, body }: Created): Pick<Stored, "status" | "headers" | "body"> {
  return { status: 201, headers: { ...headers }, body: jsonObject.parse(JSON.parse(JSON.stringify(body))) };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
