import { errorMessage, withoutFullStop } from "./error-message";
import { PartialError, type ResourceHandler } from "./handler";

/**
 * A run that is ended from outside: Ctrl-C, or an engine that is gone. One signal ends all work of a process, and its reason says
 * in words who ended the run. An error that comes of it names what was interrupted, and has the reason as its cause.
 */

/** Work that the end of the run interrupted. */
export class Cancelled extends Error {
  override readonly name = "Cancelled";
  /** @param during what was interrupted, for example `during the wait for "Running"` */
  constructor(reason: unknown, during: string) {
    super(`${withoutFullStop(errorMessage(reason))} ${during}`, { cause: reason });
  }
}

/** Whether an error comes of the end of the run. */
export function comesOfCancel(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) {
    return false;
  }
  for (let at = error; at !== undefined; at = at instanceof Error ? at.cause : undefined) {
    if (at === signal.reason) {
      return true;
    }
  }
  return false;
}

/** What the user does next, for each call of a handler. */
const next = {
  check: "Run the same command again.",
  diff: "Run the same command again.",
  read: "Run the same command again.",
  create: 'The next "pulumi up" continues.',
  update: 'The next "pulumi up" continues.',
  delete: "The next run of the same command continues.",
} as const;

/**
 * A handler whose errors name the resource and say how to go on when the run was cancelled. Without this, some of them would
 * only be the words of a signal, "The operation was aborted".
 */
export function cancellable<Inputs, State, Context extends { readonly signal: AbortSignal }, Described>(
  kind: string,
  handler: ResourceHandler<Inputs, State, Context, Described>,
): ResourceHandler<Inputs, State, Context, Described> {
  const inWords = async <T>({ signal }: Context, named: unknown, goOn: string, call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      if (!comesOfCancel(error, signal)) {
        throw error;
      }
      const message = `${kind}${nameIn(named)}: ${withoutFullStop(wordsOf(error, signal))}. ${goOn}`;
      throw error instanceof PartialError
        ? new PartialError(error.id, error.state, message, { cause: error.cause })
        : new Error(message, { cause: error });
    }
  };
  return {
    parseInputs: (saved) => handler.parseInputs(saved),
    parseState: (id, saved) => handler.parseState(id, saved),
    check: (context, args, old) => inWords(context, args, next.check, () => handler.check(context, args, old)),
    diff: (context, id, state, declared) =>
      inWords(context, state, next.diff, () => handler.diff(context, id, state, declared)),
    create: (context, inputs) => inWords(context, inputs, next.create, () => handler.create(context, inputs)),
    read: (context, id, saved) => inWords(context, saved, next.read, () => handler.read(context, id, saved)),
    update: (context, id, state, declared) =>
      inWords(context, declared, next.update, () => handler.update(context, id, state, declared)),
    delete: (context, id, state) => inWords(context, state, next.delete, () => handler.delete(context, id, state)),
  };
}

/** An error's own words, unless they are only those of a signal. */
function wordsOf(error: unknown, signal: AbortSignal): string {
  const words = errorMessage(error);
  return words === "The operation was aborted" ? errorMessage(signal.reason) : words;
}

function nameIn(values: unknown): string {
  const name: unknown = typeof values === "object" && values !== null ? Reflect.get(values, "name") : undefined;
  return typeof name === "string" ? ` "${name}"` : "";
}
