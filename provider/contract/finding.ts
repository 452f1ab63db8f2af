import { type RuleCode, rules } from "./rules";

/**
 * Something that breaks a rule (`error`: sure to fail in Bench), that is unwise or may fail (`warning`), or that is only seen later
 * (`note`).
 */
export interface Finding {
  readonly code: RuleCode;
  readonly severity: "error" | "warning" | "note";
  /** What was found, without a full stop. */
  readonly message: string;
  /** Line of the Dockerfile, from 1. */
  readonly line?: number;
  /** Where it is in a file of the context, when it is not the Dockerfile's own text that is wrong. */
  readonly at?: Place;
  /** What to do. */
  readonly fix: string;
  /** What the main process wrote last, for what shows only when it runs. */
  readonly log?: readonly string[];
}

/** A place in a file of the context. */
export interface Place {
  /** POSIX, relative to the context. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** Makes a finding of a rule. */
export function finding(code: RuleCode, severity: Finding["severity"], message: string, line?: number): Finding {
  return { code, severity, message, fix: rules[code].fix, ...(line === undefined ? {} : { line }) };
}
