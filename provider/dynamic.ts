import type * as pulumi from "@pulumi/pulumi";
import { systemClock } from "./clock";
import { readConfig } from "./config";
import type { Context } from "./context";
import { engineLog } from "./engine-log";
import { type CheckFailure, PartialError, type ResourceHandler } from "./handler";
import { IcaError } from "./ica/error";
import { type Session, sharedSession } from "./session";
import { wordsOf } from "./words";

/** The plain objects that the dynamic host hands over. */
type Properties = Record<string, unknown>;

/**
 * Drives a handler as a dynamic provider of Pulumi's Node host. The host calls `configure` once and does not wait for it
 * when two calls come at the same time, so it only keeps what it is given; the session is opened by the first call.
 */
export class DynamicProvider<Inputs extends object, State extends object> implements pulumi.dynamic.ResourceProvider {
  readonly #handler: ResourceHandler<Inputs, State, Context>;
  readonly #kind: string;
  #get: (key: string) => string | undefined = () => undefined;
  #session: Session | undefined;

  constructor(kind: string, handler: ResourceHandler<Inputs, State, Context>) {
    this.#kind = kind;
    this.#handler = handler;
  }

  async configure(request: pulumi.dynamic.ConfigureRequest): Promise<void> {
    this.#get = (key) => request.config.get(key);
  }

  async check(olds: Properties, news: Properties): Promise<pulumi.dynamic.CheckResult> {
    try {
      const old = Object.keys(olds).some((key) => !key.startsWith("__")) ? (olds as Inputs) : undefined;
      const { inputs, failures } = await this.#handler.check(this.#context(news), news, old);
      // The inputs of a failed check are used for nothing, and an update refuses those that hold an unknown value, without the failures.
      if (failures.length > 0) return { inputs: news, failures: [...failures] };
      return { inputs: plain(inputs, news), failures: [] };
    } catch (error) {
      // As a failure of the check it is shown at the resource; thrown, the host would print a stack trace beside it.
      return { inputs: news, failures: [failureOf(error)] };
    }
  }

  async diff(id: string, olds: Properties, news: Properties): Promise<pulumi.dynamic.DiffResult> {
    return this.#told(news, async () => {
      const change = await this.#handler.diff(this.#context(news), id, olds as State, news as Inputs);
      if (change.kind === "unchanged") return { changes: false };
      // "changes: undefined" lets the engine compare the inputs itself: only then it shows which field changes to what, and
      // heeds replaceOnChanges.
      if (change.kind === "update") return change.hidden ? { changes: true } : {};
      return { changes: true, replaces: [...change.because], deleteBeforeReplace: change.deleteFirst };
    });
  }

  async create(inputs: Properties): Promise<pulumi.dynamic.CreateResult> {
    return this.#keepingId(inputs, async () => {
      const { id, state } = await this.#handler.create(this.#context(inputs), inputs as Inputs);
      return { id, outs: plain(state, inputs) };
    });
  }

  async read(id: string, props?: Properties): Promise<pulumi.dynamic.ReadResult> {
    const state = props ?? {};
    return this.#told(state, async () => {
      const live = await this.#handler.read(this.#context(state), id, state as State);
      if (live === undefined) return { id: "", props: {} };
      return { id, props: plain(live.state, state), inputs: plain(live.inputs, state) };
    });
  }

  async update(id: string, olds: Properties, news: Properties): Promise<pulumi.dynamic.UpdateResult> {
    return this.#keepingId(news, async () => {
      const state = await this.#handler.update(this.#context(news), id, olds as State, news as Inputs);
      return { outs: plain(state, news) };
    });
  }

  async delete(id: string, props: Properties): Promise<void> {
    await this.#told(props, async () => {
      try {
        await this.#handler.delete(this.#context(props), id, props as State);
      } catch (error) {
        if (!(error instanceof IcaError) || error.kind !== "unreachable") throw error;
        throw new Error(`${error.message} ${lettingGo(props[urnKey])}`, { cause: error });
      }
    });
  }

  #context(properties: Properties): Context {
    this.#session ??= sharedSession(readConfig(this.#get, process.env));
    const named = properties[urnKey];
    const urn = typeof named === "string" ? named : undefined;
    return { ...this.#session, log: engineLog(urn, systemClock), clock: systemClock, urn };
  }

  /** A resource that exists but is not as declared: the host saves its id and state when the error brings them along. */
  async #keepingId<T>(properties: Properties, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof PartialError)) throw this.#quiet(error, properties);
      const state: unknown = error.state;
      throw Object.assign(new Error(error.message), {
        id: error.id,
        properties: plain(typeof state === "object" && state !== null ? state : {}, properties),
        reasons: [error.message],
      });
    }
  }

  async #told<T>(properties: Properties, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw this.#quiet(error, properties);
    }
  }

  /** The host prints an error's stack on the user's screen; it would be of no use there. */
  #quiet(error: unknown, properties: Properties): Error {
    const name = typeof properties.name === "string" ? ` ${properties.name}` : "";
    const quiet = new Error(wordsOf(error));
    quiet.name = `${this.#kind}${name}`;
    quiet.stack = "";
    return quiet;
  }
}

/** Where the SDK leaves the resource's URN, which the dynamic host does not hand over. Keys with two underscores are never shown. */
export const urnKey = "__urn";

/** Code and URN travel with every set of properties that is kept. */
const providerKey = "__provider";

/** A plain copy without undefined members, which the wire format does not know. */
function plain(value: object, machinery: Properties): Properties {
  const copy: unknown = JSON.parse(JSON.stringify(value));
  const kept = Object.fromEntries(
    [urnKey, providerKey].filter((key) => machinery[key] !== undefined).map((key) => [key, machinery[key]]),
  );
  return { ...(copy as Properties), ...kept };
}

/** What is left to do where ICA will never answer again, as an emulator that was removed before its stack. */
function lettingGo(urn: unknown): string {
  const which = typeof urn === "string" ? `'${urn}'` : "URN";
  return `Only where this ICA is gone for good: "pulumi state delete ${which}" lets the stack forget what was in it.`;
}

function failureOf(error: unknown): CheckFailure {
  return { property: "", reason: wordsOf(error) };
}
