import type * as pulumi from "@pulumi/pulumi";
import { systemClock } from "../clock";
import { readConfig } from "../config";
import type { Context } from "../context";
import { errorMessage, shown } from "../error-message";
import { type CheckFailure, PartialError, type ResourceHandler } from "../handler";
import { displayFailures } from "../inputs/display-failures";
import { toEngine } from "../inputs/unknown";
import { checkedInputs, knownInputs, withUnknowns } from "./checked-inputs";
import { engineLog } from "./engine-log";
import { deletionError } from "./gone-for-good";
import { hiddenValues } from "./hidden-values";
import { messageWithAdvice, type Run, thisRun } from "./last-up";
import {
  CheckedInputs,
  comparable,
  defaultsOf,
  hasMachinery,
  type Machinery,
  machineryOf,
  type Properties,
  sameSecrets,
  withMachinery,
} from "./machinery";
import type { Session } from "./open-session";
import { factsOf } from "./preview-facts";
import { markSecrets } from "./secret-outputs";
import { sharedSession } from "./session";

/**
 * Adapts a handler to Pulumi's dynamic providers for Node. The host calls `configure` once and does not wait for it when two
 * calls come at the same time. So `configure` only stores its argument, and the first call opens the session.
 */
export class DynamicProvider<Inputs extends object, State extends object, Described = Inputs>
  implements pulumi.dynamic.ResourceProvider
{
  readonly #handler: ResourceHandler<Inputs, State, Context, Described>;
  readonly #kind: string;
  #get: (key: string) => string | undefined = () => undefined;
  #session: Session | undefined;
  readonly #run: Run;
  readonly #checked = new CheckedInputs();

  constructor(kind: string, handler: ResourceHandler<Inputs, State, Context, Described>, run = thisRun) {
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
      const declared = withUnknowns({ ...news, ...keptDefaults(news, old) });
      const context = this.#context(now, news, olds);
      const before = old === undefined ? undefined : this.#handler.parseInputs(old);
      const { inputs, failures } = await this.#handler.check(context, declared, before);
      // The engine uses a failed check's inputs for nothing. But an update that gets inputs with unknown values fails
      // without showing these failures.
      if (failures.length > 0) {
        return { inputs: news, failures: displayFailures(failures, news).map((failure) => printed(failure, now)) };
      }
      const checked = comparable(plain(toEngine(inputs)), news, old);
      this.#checked.remember(checked, now);
      return { inputs: checked, failures: [] };
    } catch (error) {
      // Returned as a check failure, the error appears at the resource. If it were thrown, the host would add a stack trace.
      return { inputs: news, failures: [{ property: "", reason: cleaned(errorMessage(error)) }] };
    }
  }

  async diff(id: string, olds: Properties, news: Properties): Promise<pulumi.dynamic.DiffResult> {
    return this.#withQuietErrors(news, async () => {
      const now = this.#checked.of(news);
      const context = this.#context(now, news, olds);
      const change = await this.#handler.diff(context, id, this.#handler.parseState(id, olds), checkedInputs(news));
      if (change.kind === "unchanged") {
        // Without the handler's code in the state, nothing could refresh or delete the resource.
        if (!hasMachinery(olds)) {
          context.log.info("moves here from the plugin: only the state changes");
          return { changes: true };
        }
        // A change of the secret marks is written to the state, since a run without the program needs to know what to hide.
        return { changes: !sameSecrets(now, machineryOf(olds)) };
      }
      // With `changes: undefined` the engine compares the inputs itself. Only then does it show each field's old and new
      // value, and apply replaceOnChanges.
      if (change.kind === "update") {
        return change.hidden ? { changes: true } : {};
      }
      return { changes: true, replaces: [...change.because], deleteBeforeReplace: change.deleteFirst };
    });
  }

  async create(inputs: Properties): Promise<pulumi.dynamic.CreateResult> {
    return this.#keepId(inputs, async () => {
      const now = this.#checked.of(inputs);
      const { id, state } = await this.#handler.create(this.#context(now, inputs), knownInputs(inputs));
      return { id, outs: outputs(state, inputs, now) };
    });
  }

  async read(id: string, props?: Properties): Promise<pulumi.dynamic.ReadResult> {
    const state = props ?? {};
    return this.#withQuietErrors(state, async () => {
      const now = machineryOf(state);
      const live = await this.#handler.read(this.#context(now, state), id, state);
      if (live === undefined) {
        return { id: "", props: {} };
      }
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
      const context = this.#context(now, news, olds);
      const state = await this.#handler.update(context, id, this.#handler.parseState(id, olds), knownInputs(news));
      return { outs: outputs(state, news, now) };
    });
  }

  async delete(id: string, props: Properties): Promise<void> {
    const now = machineryOf(props);
    await this.#withQuietErrors(props, async () => {
      try {
        await this.#handler.delete(this.#context(now, props), id, this.#handler.parseState(id, props));
      } catch (error) {
        throw deletionError(error, now.urn);
      }
    });
  }

  #context({ urn, secrets }: Machinery, ...safeMessage: Properties[]): Context {
    for (const properties of safeMessage) {
      hiddenValues.add(properties, [...secrets, ...machineryOf(properties).secrets]);
    }
    this.#session ??= sharedSession(readConfig(this.#get, process.env, { ofLastUp: this.#run.mayBeLastUp }));
    return {
      ...this.#session,
      log: hiddenValues.hiding(engineLog(urn, systemClock)),
      clock: systemClock,
      urn,
      noteFacts: factsOf(urn, hiddenValues),
    };
  }

  /** When a step fails on a resource that exists, this puts its id and state on the error, and the host saves them. */
  async #keepId<T>(properties: Properties, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof PartialError)) {
        throw this.#quiet(error, properties);
      }
      const message = cleaned(error.message);
      throw Object.assign(new Error(message), {
        id: error.id,
        properties: outputs(error.properties, properties, this.#checked.of(properties)),
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

  /** The host prints an error's stack on the user's screen, where it does not help. So this error has none. */
  #quiet(error: unknown, properties: Properties): Error {
    const name = typeof properties.name === "string" ? ` ${properties.name}` : "";
    const quiet = new Error(cleaned(messageWithAdvice(error, this.#run)));
    quiet.name = cleaned(`${this.#kind}${name}`);
    quiet.stack = "";
    return quiet;
  }
}

/** A plain copy without undefined members, which the wire format does not support. */
function plain(value: unknown): Properties {
  return JSON.parse(JSON.stringify(value)) as Properties;
}

/** Keeps the SDK's first defaults: they contain names that may change, such as the stack's. */
function keptDefaults(news: Properties, old: Properties | undefined): Properties {
  const kept = defaultsOf(news).filter((key) => old?.[key] !== undefined);
  return Object.fromEntries(kept.map((key) => [key, old?.[key]]));
}

/** A message without secrets and without unprintable characters. */
function cleaned(message: string): string {
  return shown(hiddenValues.hide(message));
}

/** The engine prints the value of a failure's property, even a secret one. So a secret's property is left out. */
function printed({ property, reason }: CheckFailure, { secrets }: Machinery): CheckFailure {
  const isSecret = property !== "" && secrets.some(([key]) => key === property);
  return isSecret ? { property: "", reason: cleaned(`${property}: ${reason}`) } : { property, reason: cleaned(reason) };
}

/** The values to save in the state. */
function outputs(state: object, from: Properties, now: Machinery): Properties {
  return withMachinery(markSecrets(plain(state), from, now), from, now);
}
