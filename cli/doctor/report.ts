import type { Outcome } from "./assumptions";
import type { Judged } from "./judge";
import type { CallSeen } from "./look";

/** Everything that doctor found out. `--json` prints it. */
export interface Report {
  readonly baseUrl: string;
  /** Name and release of the platform; undefined when the platform does not report them. */
  readonly system: string | undefined;
  /** Source of the OpenAPI document; undefined when doctor found none. */
  readonly openapi: string | undefined;
  /** The documented calls in that document, and every call that doctor made. */
  readonly calls: readonly CallSeen[];
  readonly assumptions: readonly Judged[];
}

/** Exit code: 1 when something that a resource needs fails. */
export function exitCodeOf({ calls, assumptions }: Report): 0 | 1 {
  return [...calls, ...assumptions].some(({ outcome }) => outcome === "fails") ? 1 : 0;
}

/** The report as text: for each assumption whether it holds, why, and what that means. */
export function textOf(report: Report): string {
  const { calls, assumptions } = report;
  const width = Math.max(...calls.map(({ call }) => call.length));
  const count = (outcome: Outcome) => assumptions.filter((each) => each.outcome === outcome).length;
  const lines = [
    `ICA       ${report.baseUrl}${report.system === undefined ? "" : ` (${report.system})`}`,
    `OpenAPI   ${report.openapi ?? "no document found; name one with --openapi URL or FILE"}`,
    "",
    ...calls.map(({ call, outcome, why }) => `${column(outcome)}${call.padEnd(width)}  ${why}`),
    "",
    ...assumptions.flatMap(linesOf),
    "",
    `${count("holds")} hold, ${count("fails")} fail, ${count("unknown")} are unknown. Each is explained in docs/assumptions.md of pulumi-ica.`,
    ...conclusions(report),
  ];
  return `${lines.join("\n")}\n`;
}

function linesOf({ id, what, outcome, why, ifWrong, check, of }: Judged): string[] {
  const further = {
    holds: "",
    fails: `. It means: ${ifWrong}`,
    unknown: `. If it is wrong: ${ifWrong}. To find out: ${check}`,
  };
  return [`${column(outcome)}${id}  ${of}: ${what}`, `${" ".repeat(13)}${why}${further[outcome]}`];
}

/** The conclusion for each resource. */
function conclusions({ calls, assumptions }: Report): string[] {
  const failing = (of: Judged["of"]) => assumptions.filter((each) => each.of === of && each.outcome === "fails");
  const broken = (ofWorkspaces: boolean) =>
    calls
      .filter(({ outcome, call }) => outcome === "fails" && call.endsWith("/workspaces") === ofWorkspaces)
      .map(({ call }) => call);
  const image = [...broken(false), ...failing("BenchImage").map(({ id }) => id)];
  // W1 already says that the call does not exist, and says it better.
  const rows = failing("Workspace").map(({ id }) => id);
  const workspace = rows.includes("W1") ? rows : [...broken(true), ...rows];
  return [
    image.length === 0 ? "BenchImage: nothing speaks against it." : `BenchImage: trouble with ${image.join(", ")}.`,
    workspace.length === 0
      ? "Workspace:  nothing speaks against it."
      : `Workspace:  ${workspace.includes("W1") ? "cannot work here" : "trouble"}, for ${workspace.join(", ")}.`,
  ];
}

function column(outcome: Outcome): string {
  return outcome.padEnd(9);
}
