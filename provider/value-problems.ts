import { checkDeclared } from "./bench-image/inputs";
import type { CheckFailure } from "./handler";
import { unknownValue } from "./inputs/unknown";
import { checkWorkspace } from "./workspace/inputs";

export { unknownValue };

/** What is wrong with the values of a resource, without a look at files, Docker or ICA. */
export function valueProblems(
  kind: "BenchImage" | "Workspace",
  args: Readonly<Record<string, unknown>>,
): readonly CheckFailure[] {
  // The stack's own settings are for the provider to judge.
  const settings = { projectId: unknownValue, region: undefined };
  return (kind === "BenchImage" ? checkDeclared : checkWorkspace)(settings, args).failures;
}
