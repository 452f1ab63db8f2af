import { z } from "zod";

/**
 * What the SDK sends along with the inputs for the adapter alone (sdk/machinery/machinery.ts). Pulumi hides keys with two underscores,
 * but not where it compares inputs itself, and there they would show as changes of their own: after a resource was renamed,
 * or another input became secret. So inputs that are compared keep what they had, and a run remembers what it is now.
 */

export type Properties = Record<string, unknown>;

export interface Machinery {
  /** URN of the resource, which the dynamic host does not hand over. */
  readonly urn: string | undefined;
  /** Paths of the inputs that the program calls secret; the host takes the marks off. */
  readonly secrets: readonly (readonly string[])[];
}

const paths = z.array(z.array(z.string()));

const sent = z.looseObject({
  __urn: z.string().optional().catch(undefined),
  __secrets: paths.optional().catch(undefined),
  /** Names of inputs that the SDK has filled in. */
  __defaults: z.array(z.string()).optional().catch(undefined),
  /** In a state only: what it is now, where the inputs have kept what it was. */
  __now: z.object({ urn: z.string().optional(), secrets: paths }).optional().catch(undefined),
});

/** Keys that stay with the inputs. */
const keptKeys = ["__urn", "__secrets"] as const;
const providerKey = "__provider";

/** What came along with inputs from the program, with inputs that were checked, or with a state. */
export function machineryOf(properties: Properties): Machinery {
  const { __urn, __secrets, __now } = sent.parse(properties);
  return { urn: __now?.urn ?? __urn, secrets: __now?.secrets ?? __secrets ?? [] };
}

/** Names of the inputs that are defaults. */
export function defaultsOf(properties: Properties): readonly string[] {
  return sent.parse(properties).__defaults ?? [];
}

export function sameSecrets(a: Machinery, b: Machinery): boolean {
  const text = ({ secrets }: Machinery) => JSON.stringify([...secrets].map((path) => path.join("\0")).sort());
  return text(a) === text(b);
}

/** Inputs as they were checked, with the machinery of the old ones where there are any. */
export function comparable(checked: Properties, news: Properties, olds: Properties | undefined): Properties {
  return { ...checked, [providerKey]: news[providerKey], ...pick(olds ?? news, keptKeys) };
}

/** A state, or what was read, with all that is to come along with it the next time. */
export function withMachinery(value: Properties, from: Properties, now?: Machinery): Properties {
  const was = machineryOf(pick(from, keptKeys));
  const moved = now !== undefined && (now.urn !== was.urn || !sameSecrets(now, was));
  return { ...value, ...pick(from, [providerKey, ...keptKeys]), ...(moved ? { __now: plain(now) } : {}) };
}

/** A run's own memory of what its checks were told; the later calls of the engine bring the checked inputs only. */
export class CheckedInputs {
  readonly #now = new Map<string, Machinery>();

  remember(checked: Properties, now: Machinery): void {
    const key = canonical(checked);
    const before = this.#now.get(key)?.secrets ?? [];
    this.#now.set(key, { ...now, secrets: [...now.secrets, ...before] });
  }

  /** What it is now, or what came along where the inputs were not checked in this run. */
  of(checked: Properties): Machinery {
    return this.#now.get(canonical(checked)) ?? machineryOf(checked);
  }
}

function pick(from: Properties, keys: readonly string[]): Properties {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]));
}

function plain({ urn, secrets }: Machinery): Properties {
  return { ...(urn === undefined ? {} : { urn }), secrets };
}

/** The same text for the same values, in whatever order the engine sends their keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
