import { posix } from "node:path";
import { type Finding, finding } from "../finding";
import type { ContextView } from "./context-view";
import type { Step } from "./stages";

/**
 * Checks the sources that COPY and ADD take from the context. A missing source fails the build, often after minutes.
 *
 * @param told a missing source that has already been reported
 */
export function checkSources(
  steps: readonly Step[],
  context: ContextView | undefined,
  told: { readonly line: number; readonly source: string } | undefined,
): Finding[] {
  if (context === undefined) {
    return [];
  }
  return steps
    .filter(({ keyword, flags }) => (keyword === "COPY" || keyword === "ADD") && !flags.has("from"))
    .flatMap(({ line, words }) =>
      words
        .slice(0, -1)
        .filter((source) => source !== undefined)
        .filter((source) => !(told?.line === line && told.source === source) && isMissing(source, context))
        .map((source) =>
          finding("ICA018", "error", `${source} is not in the context, or .dockerignore leaves it out`, line),
        ),
    );
}

function isMissing(source: string, context: ContextView): boolean {
  // Skips here-documents, URLs, and patterns (which may match nothing).
  if (source.startsWith("<<") || isAddress(source) || /[*?[\\]/.test(source)) {
    return false;
  }
  const path = inContext(source);
  if (path === "" || context.matches(path).length > 0 || context.hasFolder(path)) {
    return false;
  }
  return !leadsThroughLink(path, context);
}

/** BuildKit treats a path that leaves the context as one from the context's root. */
export function inContext(source: string): string {
  return posix.resolve("/", source).slice(1);
}

/** Only BuildKit resolves a link in the path. */
export function leadsThroughLink(path: string, context: ContextView): boolean {
  const parts = path.split("/");
  return parts.some((_, i) =>
    context.matches(parts.slice(0, i + 1).join("/")).some(({ entry, isFolder }) => !isFolder && entry.kind === "link"),
  );
}

/** Whether ADD fetches the source from elsewhere. */
export function isAddress(source: string): boolean {
  return /^(?:(?:https?|ftp|git|ssh):\/\/|git@)/.test(source);
}
