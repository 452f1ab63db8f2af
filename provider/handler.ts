/**
 * What a resource is to the engine, without a word of Pulumi's dynamic host in it: the adapter in dynamic.ts drives
 * these handlers today, a gRPC plugin can drive the same ones later.
 */

/** Something wrong with one input. `property` is the path as the user wrote it, for example `build.context`. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** The outcome of a check: the inputs to go on with (defaults filled in), and every problem found, not only the first. */
export interface CheckResult<Inputs> {
  readonly inputs: Inputs;
  readonly failures: readonly CheckFailure[];
}

/** What a change does. `unchanged` writes nothing; `replace` names the properties that force a new resource. */
export type Change =
  | { readonly kind: "unchanged" }
  | {
      readonly kind: "update";
      /** True when the declared inputs did not change: the reason lies in the state, and the preview cannot show it. */
      readonly hidden: boolean;
    }
  | { readonly kind: "replace"; readonly because: readonly string[]; readonly deleteFirst: boolean };

/** What ICA has now: the state, and the inputs that would describe it (this is what makes drift visible). */
export interface Live<State> {
  readonly state: State;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Lines for the person who watches `pulumi up`. Short; never a secret. */
export interface Log {
  /** Kept on the screen and in CI logs: one line a step. */
  info(line: string): void;
  /** Replaces the previous status line; shown only on a terminal. */
  status(line: string): void;
  /** Kept, and marked as a warning. */
  warn(line: string): void;
}

/** Time, so that tests can hold it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * The resource exists in ICA but is not as declared: a wait ran out, a start failed. The id and state are saved, and the
 * next `pulumi up` goes on from there.
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
}

/**
 * One kind of resource. `Context` carries what a call needs from outside (REST client, Docker, log, clock, signal).
 * `State` holds the inputs as they were applied (after a read: as ICA has them) beside what ICA reports; `diff` compares
 * the declared inputs with it. Values may be unknown only in `check` and `diff`.
 */
export interface ResourceHandler<Inputs, State, Context> {
  /** `args` is what the program declares, unparsed. */
  check(
    context: Context,
    args: Readonly<Record<string, unknown>>,
    old: Inputs | undefined,
  ): Promise<CheckResult<Inputs>>;
  diff(context: Context, id: string, state: State, next: Inputs): Promise<Change>;
  create(context: Context, inputs: Inputs): Promise<{ id: string; state: State }>;
  /** Undefined when the resource is gone. Only ICA's own word that it is deleted, or a 404 that its list agrees with, means gone. */
  read(context: Context, id: string, state: State): Promise<Live<State> | undefined>;
  update(context: Context, id: string, state: State, next: Inputs): Promise<State>;
  delete(context: Context, id: string, state: State): Promise<void>;
}
