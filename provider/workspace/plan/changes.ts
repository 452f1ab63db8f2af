import { isDeepStrictEqual } from "node:util";
import { isKnown, type MaybeWithin } from "../../inputs/unknown";
import type { WorkspaceInputs } from "../inputs";
import type { DescribedWorkspace } from "../state";

/** What changing a field does to the workspace. */
export type Effect =
  /** Writes nothing to ICA; only changes what this project does from now on. */
  | "none"
  /** Writes to ICA; a running workspace keeps running. */
  | "in place"
  /** Stops a running workspace, changes it and starts it again. A stopped workspace is only changed. */
  | "restart"
  /** Starts or stops the workspace. */
  | "run state"
  /** Creates a new workspace; /data of the old one is lost. */
  | "replace";

/** A workspace before a change, with its id if known. */
type Before = MaybeWithin<DescribedWorkspace> & { readonly workspaceId?: string | undefined };
type After = MaybeWithin<WorkspaceInputs>;

export interface Rule {
  readonly effect: Effect;
  /** Completes the sentence "because …". */
  readonly why: string;
}

/** A rule for some changes of a field. */
export interface Case extends Rule {
  /** Describes these changes for readers. */
  readonly when: string;
  readonly applies: (before: Before, after: After) => boolean;
}

const permission = "it is a permission for `pulumi up`, unknown to ICA";
const always = () => true;

/**
 * The effect of every field, defined only here. If a field has several cases, the first match applies. docs/workspaces.md
 * prints this table. Its assumptions about ICA are in docs/assumptions.md (W5).
 */
export const effects: Readonly<Record<keyof WorkspaceInputs, Rule | readonly [Case, ...Case[]]>> = {
  name: { effect: "in place", why: "a name is only a label; the address of a workspace does not hold it" },
  projectId: { effect: "replace", why: "a workspace cannot move to another project" },
  image: { effect: "restart", why: "the container is made from the image when the workspace starts" },
  resourceModel: { effect: "restart", why: "the machine is chosen when the workspace starts" },
  storageGb: [
    {
      when: "less",
      applies: (before, after) =>
        isKnown(after.storageGb) && isKnown(before.storageGb) && after.storageGb < before.storageGb,
      effect: "replace",
      why: "a disk cannot shrink",
    },
    { when: "more", applies: always, effect: "in place", why: "a disk can grow while it is used" },
  ],
  ephemeralStorage: [
    {
      when: "no longer declared",
      applies: (_before, after) => after.ephemeralStorage === undefined,
      effect: "none",
      why: "undeclared settings keep their value in ICA",
    },
    { when: "another value", applies: always, effect: "restart", why: "disks are attached when the workspace starts" },
  ],
  access: { effect: "restart", why: "ports are opened when the workspace starts" },
  users: [
    {
      when: "no longer declared",
      applies: (_before, after) => after.users === undefined,
      effect: "none",
      why: "undeclared settings keep their value in ICA",
    },
    {
      when: "another value",
      applies: always,
      effect: "restart",
      why: "access for users is set when the workspace starts",
    },
  ],
  network: { effect: "restart", why: "the network is chosen when the workspace starts" },
  allowedUrls: { effect: "restart", why: "the list is read when the workspace starts" },
  cluster: { effect: "restart", why: "the cluster is made after the workspace's node has started" },
  desiredState: [
    {
      when: "no longer declared",
      applies: (_before, after) => after.desiredState === undefined,
      effect: "none",
      why: "the run state stays as it is, and is left to people from now on",
    },
    { when: "another value", applies: always, effect: "run state", why: "this is the start and stop button" },
  ],
  allowRestart: { effect: "none", why: permission },
  whileRunning: { effect: "none", why: permission },
  allowDataLoss: { effect: "none", why: permission },
  existingId: [
    {
      when: "this workspace's id, or no longer declared",
      applies: (before, after) => after.existingId === undefined || after.existingId === before.workspaceId,
      effect: "none",
      why: "the workspace is this one, and stays",
    },
    { when: "another id", applies: always, effect: "replace", why: "it names another workspace" },
  ],
  timeouts: { effect: "none", why: "it is a limit for `pulumi up`, unknown to ICA" },
};

export interface FieldChange extends Rule {
  readonly field: keyof WorkspaceInputs;
}

const fields = Object.keys(effects) as (keyof WorkspaceInputs)[];

/** The fields that differ, and the effect of each difference. */
export function changesBetween(before: Before, after: After): FieldChange[] {
  return fields
    .filter((field) => !isDeepStrictEqual(comparable(before[field]), comparable(after[field])))
    .map((field) => ({ field, ...ruleFor(field, before, after) }));
}

/** The rules of a field for readers, one for each kind of change. */
export function rulesOf(field: keyof WorkspaceInputs): readonly (Rule & { readonly when: string })[] {
  const rule = effects[field];
  return "effect" in rule ? [{ ...rule, when: "any" }] : rule;
}

function ruleFor(field: keyof WorkspaceInputs, before: Before, after: After): Rule {
  const rule = effects[field];
  if ("effect" in rule) {
    return { effect: rule.effect, why: rule.why };
  }
  const found = rule.find(({ applies }) => applies(before, after)) ?? rule[0];
  return { effect: found.effect, why: found.why };
}

/** Treats an empty list and no list as equal. */
function comparable(value: unknown): unknown {
  return Array.isArray(value) && value.length === 0 ? undefined : value;
}

/** What happens to a workspace in ICA, as text for the table of docs/workspaces.md and for the preview. */
export function outcomeOf(effect: Effect, isRunning: boolean): string {
  switch (effect) {
    case "none":
      return "nothing is written";
    case "in place":
      return isRunning ? "changed while it runs" : "changed, stays stopped";
    case "restart":
      return isRunning
        ? "refused; with `whileRunning` stopped, changed and started, or changed after people stop it"
        : "changed, stays stopped";
    case "run state":
      return isRunning ? "stopped" : "started";
    case "replace":
      return isRunning
        ? "stopped and deleted with its /data, replaced by a new one; refused without `allowDataLoss`"
        : "deleted with its /data, replaced by a new one; refused without `allowDataLoss`";
  }
}
