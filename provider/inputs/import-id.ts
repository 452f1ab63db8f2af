import { missingProject } from "../config";

/** Splits what `pulumi import` gets as id: `PROJECT/ID`, or `ID` for the configured project. Throws when there is no project. */
export function importId(
  text: string,
  configured: string | undefined,
): { readonly projectId: string; readonly id: string } {
  const [id = "", projectId = configured, ...more] = text.split("/").reverse();
  if (id === "" || projectId === "" || more.length > 0) {
    throw new ImportIdError(`"${text}" is not an id: give ID, or PROJECT/ID`);
  }
  if (projectId === undefined) {
    throw new ImportIdError(`the project of "${text}" ${missingProject()}. Or give PROJECT/ID`);
  }
  return { projectId, id };
}

/** What `pulumi import` got names no resource. */
class ImportIdError extends Error {
  override readonly name = "ImportIdError";
}
