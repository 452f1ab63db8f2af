import { type Finding, finding } from "../finding";
import type { ContextView } from "./context-view";
import type { Step } from "./stages";

/** A pointer is a text of about 130 bytes (git-lfs, docs/spec.md), so only files of about that size are read. */
const size = { least: 100, most: 300 };
const firstLine = Buffer.from("version https://git-lfs.github.com/spec/");
/** Number of files to name; the rest are only counted. */
const mostNamed = 3;

/** Whether a file is the pointer that Git LFS leaves for a file that it has not fetched. */
export function isPointer(content: Buffer): boolean {
  return content.length <= size.most && content.subarray(0, firstLine.length).equals(firstLine);
}

/**
 * Looks for such pointers among the files that COPY and ADD take from the context.
 *
 * @param script the start script's file, which has its own check
 */
export function checkPointers(
  steps: readonly Step[],
  context: ContextView | undefined,
  script: string | undefined,
): Finding[] {
  if (context === undefined) {
    return [];
  }
  const seen = new Set([script]);
  return steps
    .filter(({ keyword, flags }) => (keyword === "COPY" || keyword === "ADD") && !flags.has("from"))
    .flatMap(({ line, words }) => {
      const pointers = words
        .slice(0, -1)
        .flatMap((source) => (source === undefined ? [] : context.matches(source)))
        .map(({ entry }) => entry)
        .filter((entry) => entry.kind === "file" && entry.bytes >= size.least && entry.bytes <= size.most)
        .filter((entry) => !seen.has(entry.path) && isPointer(context.read(entry)))
        .map(({ path }) => path);
      for (const path of pointers) {
        seen.add(path);
      }
      if (pointers.length === 0) {
        return [];
      }
      const more = pointers.length > mostNamed ? ` and ${pointers.length - mostNamed} more` : "";
      const files = `${pointers.slice(0, mostNamed).join(", ")}${more}`;
      return [finding("ICA025", "warning", `what COPY takes here are pointers of Git LFS: ${files}`, line)];
    });
}
