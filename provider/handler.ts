/**
 * A resource from the engine's point of view, independent of Pulumi's dynamic host. The adapter in pulumi/dynamic.ts
 * calls these handlers, and so does the gRPC plugin in plugin/.
 */

import type { MaybeWithin } from "./inputs/unknown";

/** A problem with one input. `property` is the path as the user wrote it, for example `build.context`. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** The result of a check: the inputs with defaults filled in, and every problem found, not only the first. */
export interface CheckResult<Inputs> {
  readonly inputs: Inputs;
  readonly failures: readonly CheckFailure[];
}

/** The effect of a change. `unchanged` writes nothing; `replace` names the properties that force a new resource. */
export type Change =
  | { readonly kind: "unchanged" }
  | {
      readonly kind: "update";
      /** True when the declared inputs did not change: the reason is in the state, and the preview cannot show it. */
      readonly hidden: boolean;
      /** The inputs that differ; of a hidden update, the outputs that have to change, such as `status`. */
      readonly fields: readonly string[];
      /** The outputs that may be others afterwards. All the rest stay as they are. */
      readonly unsettled: readonly string[];
    }
  | { readonly kind: "replace"; readonly because: readonly string[]; readonly deleteFirst: boolean };

/** What ICA has now: the state, and the inputs that would describe it, which make drift visible. */
export interface Live<State> {
  readonly state: State;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Lines for the user who runs `pulumi up`. Short; never contain a secret. */
export interface Log {
  /** Stays on the screen and in CI logs: one line a step. */
  info(line: string): void;
  /** Replaces the previous status line; shown only on a terminal. */
  status(line: string): void;
  /** Stays, and is marked as a warning. */
  warn(line: string): void;
}

/** The time, which tests can control. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * The resource exists in ICA but differs from its declaration: a wait timed out, or a start failed. The id and state are
 * saved, and the next `pulumi up` continues from there.
 */
export class PartialError<State> extends Error {
  override readonly name = "PartialError";
  constructor(
    readonly id: string,
    readonly state: State,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** The state as properties, whatever its type. */
  get properties(): object {
    return typeof this.state === "object" && this.state !== null ? this.state : {};
  }
}

/** Properties of a resource as the engine keeps them. */
export type Saved = Readonly<Record<string, unknown>>;

/**
 * One type of resource. `Context` contains what a call needs from outside (REST client, Docker, log, clock, signal). `State`
 * contains the applied inputs (after a read: ICA's values) and what ICA reports; `diff` compares the declared inputs with
 * it. `Described` are the inputs within a state. Only `check` and `diff` meet values that are not known yet.
 */
export interface ResourceHandler<Inputs, State, Context, Described = Inputs> {
  /** Parses saved inputs. Throws an error that names the resource and the field. */
  parseInputs(saved: Saved): Described;
  /** Parses a saved state, also one of another version. Throws an error that names the resource and the field. */
  parseState(id: string, saved: Saved): State;
  /** `args` is the program's unparsed declaration. */
  check(
    context: Context,
    args: Readonly<Record<string, unknown>>,
    old: Described | undefined,
  ): Promise<CheckResult<MaybeWithin<Inputs>>>;
  diff(context: Context, id: string, state: State, next: MaybeWithin<Inputs>): Promise<Change>;
  create(context: Context, inputs: Inputs): Promise<{ id: string; state: State }>;
  /**
   * Undefined when the resource is gone. It counts as gone only when ICA itself reports it as deleted, or when a 404 and its
   * list agree. With Pulumi's read-only option `id`, `saved` is the program's unchecked declaration.
   */
  read(context: Context, id: string, saved: Saved): Promise<Live<State> | undefined>;
  update(context: Context, id: string, state: State, next: Inputs): Promise<State>;
  delete(context: Context, id: string, state: State): Promise<void>;
}
