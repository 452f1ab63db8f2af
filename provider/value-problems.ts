import { checkDeclared } from "./bench-image/inputs";
import type { CheckFailure } from "./handler";
import { unknownValue } from "./inputs/unknown";
import { checkWorkspace } from "./workspace/inputs";

export { unknownValue };

/** Problems in a resource's values, found without looking at files, Docker or ICA. */
export function valueProblems(
  kind: "BenchImage" | "Workspace",
  args: Readonly<Record<string, unknown>>,
): readonly CheckFailure[] {
  // The provider checks the stack's own settings.
  const settings = { projectId: unknownValue, region: undefined };
  return (kind === "BenchImage" ? checkDeclared : checkWorkspace)(settings, args).failures;
}
