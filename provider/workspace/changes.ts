import { isDeepStrictEqual } from "node:util";
import type { WorkspaceInputs } from "./inputs";
import type { DescribedWorkspace } from "./state";

/** What a change of a field does to the workspace. */
export type Effect =
  /** Nothing is written to ICA; only what this project does from now on. */
  | "none"
  /** Written to ICA; a running workspace goes on running. */
  | "in place"
  /** A running workspace is stopped, changed and started again. */
  | "restart"
  /** The run state itself: start or stop. */
  | "run state"
  /** A new workspace; /data of the old one is lost. */
  | "replace";

/** A workspace before a change; its id where it is known. */
type Before = DescribedWorkspace & { readonly workspaceId?: string };

export interface Rule {
  readonly effect: Effect;
  readonly why: string;
}

/** The effect of every field: the only place that says so. */
export const effects: Readonly<
  Record<keyof WorkspaceInputs, Rule | ((before: Before, after: WorkspaceInputs) => Rule)>
> = {
  name: { effect: "in place", why: "a name is only a label; the address of a workspace does not hold it" },
  projectId: { effect: "replace", why: "a workspace belongs to one project for good" },
  image: { effect: "restart", why: "the container is made from the image when the workspace starts" },
  resourceModel: { effect: "restart", why: "the machine is chosen when the workspace starts" },
  storageGb: (before, after) =>
    after.storageGb < before.storageGb
      ? { effect: "replace", why: "a disk cannot shrink" }
      : { effect: "in place", why: "a disk can grow while it is used" },
  access: { effect: "restart", why: "ports are opened when the workspace starts" },
  network: { effect: "restart", why: "the network is chosen when the workspace starts" },
  allowedUrls: { effect: "restart", why: "the list is read when the workspace starts" },
  desiredState: { effect: "run state", why: "this is the start and stop button" },
  allowRestart: { effect: "none", why: "a permission for `pulumi up`, unknown to ICA" },
  allowDataLoss: { effect: "none", why: "a permission for `pulumi up`, unknown to ICA" },
  existingId: (before, after) =>
    after.existingId === undefined || after.existingId === before.workspaceId
      ? { effect: "none", why: "the workspace is this one, and stays" }
      : { effect: "replace", why: "it names another workspace" },
  timeouts: { effect: "none", why: "a limit for `pulumi up`, unknown to ICA" },
};

export interface FieldChange extends Rule {
  readonly field: keyof WorkspaceInputs;
}

const fields = Object.keys(effects) as (keyof WorkspaceInputs)[];

/** The fields that differ, and what each difference does. */
export function changesBetween(before: Before, after: WorkspaceInputs): FieldChange[] {
  return fields
    .filter((field) => !isDeepStrictEqual(comparable(before[field]), comparable(after[field])))
    .map((field) => {
      const rule = effects[field];
      return { field, ...(typeof rule === "function" ? rule(before, after) : rule) };
    });
}

/** An empty list and no list mean the same. */
function comparable(value: unknown): unknown {
  return Array.isArray(value) && value.length === 0 ? undefined : value;
}
