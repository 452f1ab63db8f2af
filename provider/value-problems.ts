import { checkDeclared } from "./bench-image/inputs";
import { isFolder } from "./build-context/is-folder";
import type { Config } from "./config";
import type { CheckFailure } from "./handler";
import { type MaybeWithin, unknownValue } from "./inputs/unknown";
import { checkWorkspace } from "./workspace/inputs";

export { unknownValue };

/** Problems in a resource's values, found without reading files, Docker or ICA. */
export function valueProblems(
  kind: "BenchImage" | "Workspace",
  args: Readonly<Record<string, unknown>>,
): readonly CheckFailure[] {
  // The provider checks the stack's own settings.
  const settings: MaybeWithin<Pick<Config, "projectId" | "region">> = { projectId: unknownValue, region: undefined };
  if (kind === "Workspace") {
    return checkWorkspace(settings, args).failures;
  }
  const { inputs, failures } = checkDeclared(settings, args);
  return [...failures, ...missingFolder(inputs.build)];
}

/** A build context that is not there. The provider reads what is in it; only this much can be seen at once. */
function missingFolder(build: unknown): CheckFailure[] {
  const context = typeof build === "object" && build !== null ? Reflect.get(build, "context") : undefined;
  if (typeof context !== "string" || isFolder(context)) {
    return [];
  }
  return [{ property: "build.context", reason: `${context} is not a folder` }];
}
