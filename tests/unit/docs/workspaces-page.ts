import type { WorkspaceInputs } from "../../../provider/workspace/inputs";
import { effects, outcomeOf, rulesOf } from "../../../provider/workspace/plan/changes";

const begin =
  "<!-- The table is made from provider/workspace/plan/changes.ts: UPDATE_DOCS=1 npm test -- tests/unit -->";
const end = "<!-- End of the table -->";

/** The table of docs/workspaces.md: what a change of each field does. */
function changesTable(): string {
  const rows = (Object.keys(effects) as (keyof WorkspaceInputs)[]).flatMap((field) =>
    rulesOf(field).map(
      ({ when, effect, why }) =>
        `| \`${field}\` | ${when} | ${effect} | ${outcomeOf(effect, true)} | ${outcomeOf(effect, false)} | ${why} |`,
    ),
  );
  return [
    "| field | change | effect | a workspace that runs is | one that is stopped is | because |",
    "|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

/** The page with its table updated. Throws when the page has no place for it. */
export function withTable(page: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`docs/workspaces.md has no place for the table: ${begin} … ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${changesTable()}\n\n${page.slice(to)}`;
}
