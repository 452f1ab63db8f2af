import { z } from "zod";

/**
 * What the SDK adds to the inputs for the adapter alone (sdk/machinery/machinery.ts). Pulumi hides keys that start with two
 * underscores. But where it compares inputs itself, these keys would show as changes: after a resource was renamed, or when
 * another input became secret. So the compared inputs keep the old values, and the run keeps the current ones in memory.
 */

export type Properties = Record<string, unknown>;

export interface Machinery {
  /** URN of the resource; the dynamic host does not pass it on. */
  readonly urn: string | undefined;
  /** Paths of the inputs that the program marks as secret; the host removes the marks. */
  readonly secrets: readonly (readonly string[])[];
}

const paths = z.array(z.array(z.string()));

const sent = z.looseObject({
  __urn: z.string().optional().catch(undefined),
  __secrets: paths.optional().catch(undefined),
  /** Names of the inputs that the SDK filled in. */
  __defaults: z.array(z.string()).optional().catch(undefined),
  /** Only in a state: the current values, when the inputs keep the old ones. */
  __now: z.object({ urn: z.string().optional(), secrets: paths }).optional().catch(undefined),
});

/** Keys that stay in the inputs. */
const keptKeys = ["__urn", "__secrets"] as const;
const providerKey = "__provider";

/** Reads the machinery from a program's inputs, from checked inputs or from a state. */
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

/** Checked inputs, with the machinery of the old inputs if they have any. */
export function comparable(checked: Properties, news: Properties, olds: Properties | undefined): Properties {
  const kept = olds === undefined || !hasMachinery(olds) ? news : olds;
  return { ...checked, [providerKey]: news[providerKey], ...pick(kept, keptKeys) };
}

/** Whether the dynamic host can work with a state. One that the plugin wrote names no code. */
export function hasMachinery(properties: Properties): boolean {
  return properties[providerKey] !== undefined;
}

/** A state or a read result, with the machinery that the next run needs. */
export function withMachinery(value: Properties, from: Properties, now?: Machinery): Properties {
  const was = machineryOf(pick(from, keptKeys));
  const moved = now !== undefined && (now.urn !== was.urn || !sameSecrets(now, was));
  return { ...value, ...pick(from, [providerKey, ...keptKeys]), ...(moved ? { __now: plain(now) } : {}) };
}

/** Remembers what this run's checks received, since the engine passes only the checked inputs to its later calls. */
export class CheckedInputs {
  readonly #now = new Map<string, Machinery>();

  remember(checked: Properties, now: Machinery): void {
    const key = canonical(checked);
    const before = this.#now.get(key)?.secrets ?? [];
    this.#now.set(key, { ...now, secrets: [...now.secrets, ...before] });
  }

  /** The current machinery, or the machinery in the inputs when this run has not checked them. */
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

/** The same text for the same values, in any key order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
