import { z } from "zod";
import type { CheckFailure } from "../handler";
import type { WorkspaceSettings } from "../ica/workspaces";
import { idOf } from "../inputs/text";

/**
 * Largest number of members in a cluster, not counting its manager ("hard limit 50", help.ica.illumina.com, "Bench
 * Clusters").
 */
const mostMembers = 50;

const count = z
  .int({ error: "must be a whole number" })
  .min(0, { error: "must be at least 0" })
  .max(mostMembers, { error: `must be at most ${mostMembers}` });

/** A cluster as declared: `members` for a fixed number, `maxMembers` for a number that follows the load. */
export const clusterSchema = z.strictObject({
  members: count.optional(),
  maxMembers: count.optional(),
  managerImage: idOf("an image").optional(),
  managerWeb: z.boolean().default(false),
  dedicatedManager: z.boolean().default(false),
});

export type Cluster = z.infer<typeof clusterSchema>;

/** Checks what the schema cannot: exactly one of the two numbers is set. The value may have any type here, or be unknown. */
export function checkCluster(cluster: unknown): CheckFailure[] {
  if (typeof cluster !== "object" || cluster === null || Array.isArray(cluster)) {
    return [];
  }
  const given = ["members", "maxMembers"].filter((key) => Reflect.get(cluster, key) !== undefined);
  if (given.length === 1) {
    return [];
  }
  const choice = "members (a fixed number) or maxMembers (grows and shrinks with the load)";
  return [{ property: "cluster", reason: given.length === 0 ? `needs ${choice}` : `takes ${choice}, not both` }];
}

/** The cluster as sent to ICA. */
export function clusterSettings(cluster: Cluster): NonNullable<WorkspaceSettings["cluster"]> {
  const { members, maxMembers, managerImage, managerWeb, dedicatedManager } = cluster;
  return {
    scaling: maxMembers === undefined ? "STATIC" : "DYNAMIC",
    members: maxMembers ?? members ?? 0,
    ...(managerImage === undefined ? {} : { managerImageId: managerImage }),
    managerWebAccess: managerWeb,
    dedicatedManager,
  };
}

/** The cluster as it would be declared. */
export function describeCluster(settings: NonNullable<WorkspaceSettings["cluster"]>): Cluster {
  const { scaling, members, managerImageId, managerWebAccess, dedicatedManager } = settings;
  return {
    ...(scaling === "STATIC" ? { members } : { maxMembers: members }),
    ...(managerImageId == null ? {} : { managerImage: managerImageId }),
    managerWeb: managerWebAccess,
    dedicatedManager,
  };
}
