import type { Context } from "../../context";
import { errorMessage, withoutFullStop } from "../../error-message";
import type { Workspace } from "../../ica/workspaces";
import { RefusedChange } from "../plan/refused-change";
import { otherType } from "./owner";

/** The refusals of a workspace that has the declared name and is not this stack's, or not provably. */

/** It has the declared settings, but ICA's answer to the owner's key does not name it. */
export function notProven({ urn }: Context, { id, name }: Workspace, answer: unknown): RefusedChange {
  return new RefusedChange(
    `a workspace named "${name}" exists in this project with these settings (id ${id}). It may belong to another stack, another type of resource ` +
      "or a person: ICA does not confirm that this resource created it within the last seven days " +
      `(${withoutFullStop(errorMessage(answer))}). Nothing was changed, and its /data is untouched.\n` +
      'If a resource of this stack has it under another name or type, add an alias: aliases: [{ name: "<the old name>" }] or ' +
      `aliases: [{ type: "${otherType(urn)}" }].\n` +
      `If no stack has it, declare existingId: "${id}" to take it over.\n` +
      "In all other cases, declare another name.",
    { cause: answer },
  );
}

export function otherSettings({ id, name }: Workspace): RefusedChange {
  return new RefusedChange(
    `a workspace named "${name}" exists in this project with other settings (id ${id}). Declare existingId: "${id}" to adopt it, ` +
      "or another name to create a new one. If it is the one that this replaces, add the option deleteBeforeReplace: true.",
  );
}
