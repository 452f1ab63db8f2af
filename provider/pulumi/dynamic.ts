import type * as pulumi from "@pulumi/pulumi";
import { systemClock } from "../clock";
import { readConfig } from "../config";
import type { Context } from "../context";
import { errorMessage, shown } from "../error-message";
import { type CheckFailure, PartialError, type ResourceHandler } from "../handler";
import { IcaError } from "../ica/transport/error";
import { displayFailures } from "../inputs/display-failures";
import { engineLog } from "./engine-log";
import { hiddenValues } from "./hidden-values";
import { adviceAfterChange, type Run, thisRun } from "./last-up";
import {
  CheckedInputs,
  comparable,
  defaultsOf,
  type Machinery,
  machineryOf,
  type Properties,
  sameSecrets,
  withMachinery,
} from "./machinery";
import { markSecrets } from "./secret-outputs";
import { type Session, sharedSession } from "./session";

/**
 * Drives a handler as a dynamic provider of Pulumi's Node host. The host calls `configure` once and does not wait for it
 * when two calls come at the same time, so it only keeps what it is given; the session is opened by the first call.
 */
export class DynamicProvider<Inputs extends object, State extends object> implements pulumi.dynamic.ResourceProvider {
  readonly #handler: ResourceHandler<Inputs, State, Context>;
  readonly #kind: string;
  #get: (key: string) => string | undefined = () => undefined;
  #session: Session | undefined;
  readonly #run: Run;
  readonly #checked = new CheckedInputs();

  constructor(kind: string, handler: ResourceHandler<Inputs, State, Context>, run = thisRun) {
    this.#kind = kind;
    this.#handler = handler;
    this.#run = run;
  }

  async configure(request: pulumi.dynamic.ConfigureRequest): Promise<void> {
    this.#get = (key) => request.config.get(key);
  }

  async check(olds: Properties, news: Properties): Promise<pulumi.dynamic.CheckResult> {
    this.#run.programRuns();
    const old = Object.keys(olds).some((key) => !key.startsWith("__")) ? olds : undefined;
    try {
      const now = machineryOf(news);
      const declared = { ...news, ...keptDefaults(news, old) };
      const context = this.#context(now, news, olds);
      const { inputs, failures } = await this.#handler.check(context, declared, old as Inputs | undefined);
      // The inputs of a failed check are used for nothing, and an update refuses those that hold an unknown value, without the failures.
      if (failures.length > 0)
        return { inputs: news, failures: displayFailures(failures, news).map((failure) => printed(failure, now)) };
      const checked = comparable(plain(inputs), news, old);
      this.#checked.remember(checked, now);
      return { inputs: checked, failures: [] };
    } catch (error) {
      // As a failure of the check it is shown at the resource; thrown, the host would print a stack trace beside it.
      return { inputs: news, failures: [{ property: "", reason: told(errorMessage(error)) }] };
    }
  }

  async diff(id: string, olds: Properties, news: Properties): Promise<pulumi.dynamic.DiffResult> {
    return this.#withQuietErrors(news, async () => {
      const now = this.#checked.of(news);
      const change = await this.#handler.diff(this.#context(now, news, olds), id, olds as State, news as Inputs);
      // What became secret, or is so no more, is written to the state: it says what to hide when the program does not run.
      if (change.kind === "unchanged") return { changes: !sameSecrets(now, machineryOf(olds)) };
      // "changes: undefined" lets the engine compare the inputs itself: only then it shows which field changes to what, and
      // heeds replaceOnChanges.
      if (change.kind === "update") return change.hidden ? { changes: true } : {};
      return { changes: true, replaces: [...change.because], deleteBeforeReplace: change.deleteFirst };
    });
  }

  async create(inputs: Properties): Promise<pulumi.dynamic.CreateResult> {
    return this.#keepId(inputs, async () => {
      const now = this.#checked.of(inputs);
      const { id, state } = await this.#handler.create(this.#context(now, inputs), inputs as Inputs);
      return { id, outs: outputs(state, inputs, now) };
    });
  }

  async read(id: string, props?: Properties): Promise<pulumi.dynamic.ReadResult> {
    const state = props ?? {};
    return this.#withQuietErrors(state, async () => {
      const now = machineryOf(state);
      const live = await this.#handler.read(this.#context(now, state), id, state as State);
      if (live === undefined) return { id: "", props: {} };
      return {
        id,
        props: outputs(live.state, state, now),
        inputs: withMachinery(plain(live.inputs), state),
      };
    });
  }

  async update(id: string, olds: Properties, news: Properties): Promise<pulumi.dynamic.UpdateResult> {
    return this.#keepId(news, async () => {
      const now = this.#checked.of(news);
      const state = await this.#handler.update(this.#context(now, news, olds), id, olds as State, news as Inputs);
      return { outs: outputs(state, news, now) };
    });
  }

  async delete(id: string, props: Properties): Promise<void> {
    const now = machineryOf(props);
    await this.#withQuietErrors(props, async () => {
      try {
        await this.#handler.delete(this.#context(now, props), id, props as State);
      } catch (error) {
        if (!(error instanceof IcaError) || error.kind !== "unreachable") throw error;
        throw new Error(`${error.message} ${stateDeleteHint(now.urn)}`, { cause: error });
      }
    });
  }

  #context({ urn, secrets }: Machinery, ...safeMessage: Properties[]): Context {
    for (const properties of safeMessage)
      hiddenValues.add(properties, [...secrets, ...machineryOf(properties).secrets]);
    this.#session ??= sharedSession(readConfig(this.#get, process.env, { ofLastUp: this.#run.mayBeLastUp }));
    return { ...this.#session, log: hiddenValues.hiding(engineLog(urn, systemClock)), clock: systemClock, urn };
  }

  /** A resource that exists but is not as declared: the host saves its id and state when the error brings them along. */
  async #keepId<T>(properties: Properties, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof PartialError)) throw this.#quiet(error, properties);
      const state: unknown = error.state;
      const kept = typeof state === "object" && state !== null ? state : {};
      const message = told(error.message);
      throw Object.assign(new Error(message), {
        id: error.id,
        properties: outputs(kept, properties, this.#checked.of(properties)),
        reasons: [message],
      });
    }
  }

  async #withQuietErrors<T>(properties: Properties, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw this.#quiet(error, properties);
    }
  }

  /** The host prints an error's stack on the user's screen; it would be of no use there. */
  #quiet(error: unknown, properties: Properties): Error {
    const name = typeof properties.name === "string" ? ` ${properties.name}` : "";
    const advice = this.#run.mayBeLastUp ? adviceAfterChange(error) : undefined;
    const quiet = new Error(told(advice === undefined ? errorMessage(error) : `${errorMessage(error)} ${advice}`));
    quiet.name = told(`${this.#kind}${name}`);
    quiet.stack = "";
    return quiet;
  }
}

/** A plain copy without undefined members, which the wire format does not know. */
function plain(value: object): Properties {
  return JSON.parse(JSON.stringify(value)) as Properties;
}

/** Defaults that the SDK chose, as they were when they were chosen first: they hold names that may change, as the stack's. */
function keptDefaults(news: Properties, old: Properties | undefined): Properties {
  const kept = defaultsOf(news).filter((key) => old?.[key] !== undefined);
  return Object.fromEntries(kept.map((key) => [key, old?.[key]]));
}

/** What is left to do where ICA will never answer again, as an emulator that was removed before its stack. */
function stateDeleteHint(urn: string | undefined): string {
  const which = urn === undefined ? "URN" : `'${urn}'`;
  return `Only where this ICA is gone for good: "pulumi state delete ${which}" lets the stack forget what was in it.`;
}

/** A message as it leaves the process: nothing secret, nothing that is not printable. */
function told(message: string): string {
  return shown(hiddenValues.hide(message));
}

/** The engine tells the value of the property that is named, also a secret one. */
function printed({ property, reason }: CheckFailure, { secrets }: Machinery): CheckFailure {
  const isSecret = property !== "" && secrets.some(([key]) => key === property);
  return isSecret ? { property: "", reason: told(`${property}: ${reason}`) } : { property, reason: told(reason) };
}

/** What is kept in the state. */
function outputs(state: object, from: Properties, now: Machinery): Properties {
  return withMachinery(markSecrets(plain(state), from, now), from, now);
}
