import { z } from "zod";
import type { Saved } from "../handler";

/** Parses what the engine keeps of a resource. An older or a newer version of this package may have written it. */

/** The state holds something that this version cannot read. */
export class SavedStateError extends Error {
  override readonly name = "SavedStateError";
}

/**
 * The saved values of a shape. Schemas of a shape check types only, and fill in what an older version did not write: limits
 * of a declaration do not apply to what ICA has. Keys that the shape does not have are left out. Throws
 * {@link SavedStateError}.
 */
export function parseSaved<S extends z.ZodRawShape>(
  kind: "BenchImage" | "Workspace",
  shape: S,
  saved: Saved,
): z.output<z.ZodObject<S>> {
  const present = Object.fromEntries(Object.entries(saved).filter(([, value]) => value !== null));
  const parsed = z.object(shape).safeParse(present);
  if (parsed.success) {
    return parsed.data;
  }
  const name = typeof saved.name === "string" ? ` "${saved.name}"` : "";
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")} ${problemOf(issue)}`);
  throw new SavedStateError(
    `the state of ${kind}${name} cannot be read: ${problems.join("; ")}. If a newer version of pulumi-ica wrote it, install that version ` +
      '(npm install pulumi-ica@latest). If the state was edited, correct it with "pulumi stack export" and "pulumi stack import".',
  );
}

/** Says what is expected, and never what is there: it may be secret. */
function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") {
    return `is not ${kinds[issue.expected] ?? issue.expected}`;
  }
  if (issue.code === "invalid_value") {
    return `is not one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
  }
  return "has a form that this version does not know";
}

const kinds: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};
