import type { Context } from "../../context";
import type { CheckFailure } from "../../handler";
import { isKnown, type MaybeWithin } from "../../inputs/unknown";
import type { WorkspaceInputs } from "../inputs";

/**
 * Refuses two resources of one program that declare the same workspace. The second would adopt what the first created, and
 * removing either from the program would delete the workspace of both.
 */
export function sameNameTwice(context: Context, { projectId, name }: MaybeWithin<WorkspaceInputs>): CheckFailure[] {
  const { urn } = context;
  if (urn === undefined || !isKnown(projectId) || !isKnown(name)) {
    return [];
  }
  const workspaces = context.run.workspaces.declared;
  workspaces.set(urn, JSON.stringify([projectId, name]));
  const [other] = [...workspaces].find(([by, what]) => by !== urn && what === workspaces.get(urn)) ?? [];
  if (other === undefined) {
    return [];
  }
  return [{ property: "name", reason: `"${name}" is declared by ${other} too: a name is unique in its project` }];
}
