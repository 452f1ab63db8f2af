import { renderMarkdown } from "../preview/render/markdown";
import { type PreviewReport, scopeOf } from "../preview/report/report";
import type { Wanted } from "./decide";
import { markerFor, markerIn, markerLine, type Run } from "./marker";

/** The shorter forms, in bytes, for a server that takes less than it documents. */
const shorter = [30_000, 10_000, 3_000];

/**
 * What a run wants its comment to say. The renderer escapes all texts of the report. The first line is written here, from
 * what the environment says: a report could claim to be of a later run, and no run would ever replace it.
 */
export function wantedFor(report: PreviewReport, { run, limit }: { run: Run; limit: number }): Wanted {
  const marker = markerFor(scopeOf(report), run);
  const line = markerLine(marker);
  const bodies = [limit, ...shorter.filter((each) => each < limit)].map((most) => {
    const text = renderMarkdown(report, { limit: most - Buffer.byteLength(line) - 1, run: shown(run) });
    return `${line}\n${withoutMarker(text)}`;
  });
  return { marker, bodies: [...new Set(bodies)], isQuiet: report.outcome === "unchanged" };
}

function withoutMarker(text: string): string {
  return markerIn(text) === undefined ? text : text.slice(text.indexOf("\n") + 1);
}

/** The parts that the renderer shows. */
function shown({ sha, number, attempt, url }: Run): Omit<Run, "workflow"> {
  return {
    ...(sha === undefined ? {} : { sha }),
    ...(number === undefined ? {} : { number }),
    // A report numbers attempts from 1. GitLab counts jobs instead.
    ...(attempt === undefined ? {} : { attempt }),
    ...(url === undefined ? {} : { url }),
  };
}
