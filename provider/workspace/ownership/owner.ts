import { createHash, randomUUID } from "node:crypto";
import type { WorkspaceSettings } from "../../ica/workspaces";
import { partsOf } from "../../urn";

/**
 * Who creates a workspace. ICA gives a workspace no field for a mark, but it remembers the key of the call that created it (W8):
 * for seven days it answers the same key of the same user with that workspace again. So a key that follows from the owner
 * proves whose workspace it is.
 */

/** The types under which stacks hold workspaces: those of the dynamic provider and of the plugin. */
const types = ["pulumi-nodejs:dynamic/ica:Workspace", "ica:index:Workspace"] as const;

/**
 * The owner within a URN: stack, project and type. Name and parents are left
 * out, so that a resource that moves within its stack has the same owner.
 */
function ownerIn(urn: string): readonly string[] {
  const { stack, project, type } = partsOf(urn);
  return [stack, project, type];
}

/** The type under which the same stack may hold the workspace already, so that an alias is due. */
export function otherType(urn: string | undefined): string {
  const own = partsOf(urn ?? "").type;
  return types.find((type) => type !== own) ?? types[0];
}

/**
 * The Idempotency-Key of a create call. The same owner, project, settings and generation give the same key, and anything else gives
 * another one. A hash: it shows nothing. Without a URN there is no owner, and the key is never the same.
 *
 * @param generation how many workspaces with the same settings the owner has created and lost in the last days
 */
export function creationKey(
  urn: string | undefined,
  projectId: string,
  settings: WorkspaceSettings,
  generation: number,
): string {
  const owner = urn === undefined ? [randomUUID()] : ownerIn(urn);
  const text = JSON.stringify(["ica-workspace-owner-v1", owner, projectId, sorted(settings), generation]);
  return `pulumi-ica-${createHash("sha256").update(text).digest("hex")}`;
}

/** A copy whose keys have one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
