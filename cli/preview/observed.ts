/** What a preview's engine showed, from its events or from the digest of `pulumi preview --json`. */
import { partsOf } from "../../provider/urn";

export type Properties = Readonly<Record<string, unknown>>;

/** A resource before or after a step. */
export interface Side {
  /** The provider's id: two resources of a stack may have one URN, when one takes the place of the other. */
  readonly id?: string | undefined;
  readonly inputs: Properties;
  readonly outputs: Properties;
  readonly retainOnDelete: boolean;
}

export interface Step {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly before?: Side | undefined;
  readonly after?: Side | undefined;
  /** Names of the inputs that differ, as far as the engine says them. */
  readonly fields: readonly string[];
}

/** What a refresh found for a resource. */
export interface Refreshed {
  readonly urn: string;
  readonly type: string;
  readonly before: Side;
  /** Absent when the resource is gone. */
  readonly after?: Side | undefined;
}

export interface Diagnostic {
  readonly urn?: string | undefined;
  readonly severity: "warning" | "error";
  readonly message: string;
}

export interface Violation {
  readonly urn?: string | undefined;
  readonly pack: string;
  readonly policy: string;
  readonly isMandatory: boolean;
  readonly message: string;
}

export interface Observed {
  readonly steps: readonly Step[];
  readonly refreshed: readonly Refreshed[];
  readonly isRefreshed: boolean;
  readonly diagnostics: readonly Diagnostic[];
  readonly violations: readonly Violation[];
  /** Number of resources that stay as they are, without the stack itself; undefined when that is not known. */
  readonly unchanged: number | undefined;
  readonly hasFailed: boolean;
  /** URNs of the stack's state; undefined when it was not read. */
  readonly inState?: readonly string[] | undefined;
}

/** Types of the stack itself and of providers that the engine makes by itself. */
export function isMachinery(urn: string, type: string): boolean {
  // A program may call a provider of its own "defaults": the engine's are "default" and "default_6_1_0".
  return (
    type === "pulumi:pulumi:Stack" || (type.startsWith("pulumi:providers:") && /^default(?:_|$)/.test(nameOf(urn)))
  );
}

/** The name of a resource: what follows the fourth pair of colons, which may have colons of its own. */
export function nameOf(urn: string): string {
  return partsOf(urn).name || urn;
}

/** The type token of a URN: of a child of components only its own. */
export function typeOf(urn: string): string {
  return partsOf(urn).type;
}

/** Stack and project of a URN. */
export function stackOf(urn: string): { readonly name: string; readonly project: string } | undefined {
  const [start, project] = urn.split("::");
  const name = /^urn:pulumi:(.+)$/s.exec(start ?? "")?.[1];
  return name === undefined || project === undefined ? undefined : { name, project };
}

/** Words for colours that the engine puts into its texts. */
const directive = /<\{%[^%]{0,40}%\}>/g;

/** A text of the engine without its words for colours. */
export function plainText(message: string): string {
  return message.replace(directive, "").trim();
}
