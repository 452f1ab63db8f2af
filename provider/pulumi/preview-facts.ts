import { appendFileSync } from "node:fs";
import { type Fact, factsVariable } from "../preview-facts";
import type { HiddenValues } from "./hidden-values";

/** Reasons of one image in the file; the rest is a number. */
const mostReasons = 200;

/**
 * Appends facts to the file that `ica-bench preview` names in the environment; undefined when it does not. Several hosts may
 * write to the file at once: each fact is one short append.
 */
export function factsOf(
  urn: string | undefined,
  hidden: HiddenValues,
  env: NodeJS.ProcessEnv = process.env,
): ((fact: Fact) => void) | undefined {
  const file = env[factsVariable];
  if (file === undefined || file === "" || urn === undefined) {
    return undefined;
  }
  return (fact) => {
    const line = JSON.stringify({ v: 1, urn, fact: withoutSecrets(shortened(fact), hidden) });
    try {
      appendFileSync(file, `${line}\n`, { mode: 0o600 });
    } catch {
      // The preview is worth more than this channel: without facts the report says less, and still what is true.
    }
  };
}

function shortened(fact: Fact): Fact {
  if (fact.kind !== "rebuild" || fact.reasons.length <= mostReasons) {
    return fact;
  }
  const count = fact.reasons.length - mostReasons;
  return { ...fact, reasons: [...fact.reasons.slice(0, mostReasons), { kind: "more", count }] };
}

/** The same value with `[secret]` in place of what the program marks as secret. */
function withoutSecrets(value: unknown, hidden: HiddenValues): unknown {
  if (typeof value === "string") {
    return hidden.hide(value);
  }
  if (Array.isArray(value)) {
    return value.map((part) => withoutSecrets(part, hidden));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutSecrets(part, hidden)]));
}
