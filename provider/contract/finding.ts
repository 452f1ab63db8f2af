import { type RuleCode, rules } from "./rules";

/**
 * A problem that certainly fails in Bench (`error`), a bad practice or possible failure (`warning`), or something that can
 * only be checked later (`note`).
 */
export interface Finding {
  readonly code: RuleCode;
  readonly severity: "error" | "warning" | "note";
  /** What was found, without a full stop. */
  readonly message: string;
  /** Line of the Dockerfile, from 1. */
  readonly line?: number;
  /** The place in a file of the context, if the problem is not in the Dockerfile itself. */
  readonly at?: Place;
  /** How to fix it. */
  readonly fix: string;
  /** The last output of the main process, for problems that only show at run time. */
  readonly log?: readonly string[];
}

/** A place in a file of the context. */
interface Place {
  /** POSIX, relative to the context. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** Creates a finding for a rule. */
export function finding(code: RuleCode, severity: Finding["severity"], message: string, line?: number): Finding {
  return { code, severity, message, fix: rules[code].fix, ...(line === undefined ? {} : { line }) };
}
