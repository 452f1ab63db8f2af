import { printable } from "../../../runtime/printable";
import type { PreviewReport, Resource } from "../report/report";
import { codeBlock, codeCell, codeSpan, markdownInk as ink, plural, prose } from "./ink";
import {
  changeCounts,
  changesLeft,
  changeWords,
  dangerSentence,
  imageFacts,
  imageSentence,
  isStoppedByPolicy,
  linesOf,
  opWord,
  pendingSentence,
  policiesInOrder,
  reasonWords,
  saidFields,
} from "./sentences";

/** How much a comment says. Each level says less than the one before it; dangers are shortened last. */
export interface Level {
  readonly details: boolean;
  readonly reasons: boolean;
  /** Lists of changes, or one line with a count for each kind. */
  readonly lists: boolean;
  /** Dangers as sentences, or as names. */
  readonly sentences: boolean;
  /** How many names of a danger are shown. */
  readonly names: number;
}

type Section = (report: PreviewReport, level: Level) => string[];

/** Alerts of GitHub's Markdown, for each kind of danger. */
export const dangers: Section = ({ dangers }, level) => {
  const kinds = [
    ["dataLost", "CAUTION", "workspace loses all its data", "workspaces lose all their data"],
    ["disconnected", "WARNING", "workspace is stopped or restarted", "workspaces are stopped or restarted"],
    ["refused", "WARNING", "change that `pulumi up` refuses", "changes that `pulumi up` refuses"],
  ] as const;
  return kinds.flatMap(([kind, alert, one, many]) => {
    const all = dangers.filter((danger) => danger.kind === kind);
    if (all.length === 0) {
      return [];
    }
    const [first, ...others] = all.map((danger) => dangerSentence(ink, danger, level));
    const long = others.length === 0 ? [first ?? ""] : [first ?? "", ...others].map((sentence) => `- ${sentence}`);
    const short = `**${plural(all.length, one, many)}**${namesOf(
      all.map(({ resource }) => resource),
      level.names,
    )}`;
    return [quoted(alert, level.sentences ? long : [short])];
  });
};

function quoted(alert: string, lines: readonly string[]): string {
  return [`> [!${alert}]`, ...lines.map((line) => `> ${line}`)].join("\n");
}

function namesOf(resources: readonly Resource[], most: number): string {
  const shown = resources.slice(0, most).map(({ name }) => codeSpan(name, 60));
  const more = resources.length - shown.length;
  if (shown.length === 0) {
    return "";
  }
  return `: ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Errors of a failed preview, and what it did not get to. */
export const errors: Section = (report, { lists, names }) => {
  const { outcome, errors, notJudged } = report;
  if (outcome !== "failed") {
    return [];
  }
  const most = lists ? 50 : 5;
  const shown = errors.slice(0, most).map(({ resource, message }) => {
    const where = resource === undefined ? "" : `${ink.value(resource.name)}:\n\n`;
    return lists ? `${where}${codeBlock(printable(message))}` : `${where}${codeSpan(message)}`;
  });
  const more = errors.length - shown.length;
  const left =
    notJudged.length === 0
      ? []
      : [`Not previewed: ${plural(notJudged.length, "resource")}${namesOf(notJudged, Math.min(names, 20))}.`];
  return [
    quoted("CAUTION", [
      isStoppedByPolicy(report)
        ? "**`pulumi up` refuses this change: it violates a mandatory policy.**"
        : "**The preview failed.** The results below are incomplete.",
    ]),
    ...shown,
    ...(more > 0 ? [`${plural(more, "more error")}.`] : []),
    ...left,
  ];
};

export const clicks: Section = ({ clicks }, { lists }) => {
  if (clicks.length === 0) {
    return [];
  }
  const onOff = (value: boolean | undefined) => (value === true ? "on" : "off");
  const lines = clicks.map(
    ({ resource, setting, declared, reported }) =>
      `- ${ink.value(resource.name)}: set ${ink.word(setting)} to ${onOff(declared)} on the image's page in ICA.${reported === undefined ? "" : ` It is ${onOff(reported)} there now.`}`,
  );
  const title = "**Change these settings by hand: ICA's API cannot set them**";
  return lists
    ? [`${title}\n\n${lines.join("\n")}`]
    : [`${plural(clicks.length, "setting")} to change by hand on the image's page in ICA.`];
};

export const policies: Section = (report, { lists }) => {
  const { policies } = report;
  if (policies.length === 0) {
    return [];
  }
  const mandatory = policies.filter(({ level }) => level === "mandatory");
  const title = `**${plural(policies.length, "policy violation")}**${mandatory.length === 0 ? "" : `, ${mandatory.length} mandatory`}`;
  const lines = policiesInOrder(report).map(({ resource, pack, policy, level, message }) => {
    const where = resource === undefined ? "" : ` for ${ink.value(resource.name)}`;
    return `- ${ink.strong(level)} ${ink.value(`${pack}/${policy}`)}${where}: ${paragraph(message)}`;
  });
  return [lists ? `${title}\n\n${lines.join("\n")}` : `${title}.`];
};

/** The lines of a message in one line: as prose if they are plain. */
function paragraph(message: string): string {
  return linesOf(message).map(prose).join(" ") || codeSpan("");
}

export const findings: Section = ({ findings }, { lists }) => {
  if (findings.length === 0) {
    return [];
  }
  const title = `**${plural(findings.length, "finding")} of the image contract**`;
  const lines = findings.map(
    ({ file, line, severity, code, message, fix }) =>
      `- ${severity} ${ink.value(code)} at ${ink.value(`${file}:${line}`)}: ${prose(message)}. ${prose(fix)}`,
  );
  return [lists ? `${title}\n\n${lines.join("\n")}` : `${title}.`];
};

export const images: Section = (report, { lists, reasons }) => {
  const { images } = report;
  if (images.length === 0) {
    return [];
  }
  if (!lists) {
    return [`${plural(images.length, "image")} change.`.replace(/^1 image change/, "1 image changes")];
  }
  const said = saidFields(report);
  return images.map((image) => {
    const why = image.reasons.map((reason) => `- ${reasonWords(ink, reason)}`);
    const changes = image.op === "update" || image.op === "replace" ? changesLeft(said, image) : [];
    const listed = changes.length === 0 ? "" : `: ${changes.map((one) => changeWords(ink, one, false)).join(", ")}`;
    const facts = imageFacts(ink, image).join(" ");
    const head = `**${imageSentence(ink, image)}**`;
    if (!reasons || why.length === 0) {
      return [`${head}${listed}.`, facts].join(" ").trim();
    }
    return [`${head}, because`, ...why, ...(facts === "" ? [] : ["", facts])].join("\n");
  });
};

/** What a danger says of a workspace already is not said again. */
export const workspaces: Section = (report, { lists, reasons }) => {
  const { workspaces } = report;
  if (workspaces.length === 0) {
    return [];
  }
  const count = (op: string) => workspaces.filter((one) => one.op === op).length;
  const ops = [...new Set(workspaces.map(({ op }) => op))].map((op) => `${count(op)} ${opWord(op)}`).join(", ");
  if (!lists) {
    return [`${plural(workspaces.length, "workspace")}: ${ops}.`];
  }
  const said = saidFields(report);
  const lines = workspaces.map(({ resource, op, changes }) => {
    const left = changesLeft(said, { resource, changes });
    const listed = reasons && op !== "create" ? left.map((one) => changeWords(ink, one, false)).join(", ") : "";
    return `- ${ink.value(resource.name)} is ${opWord(op)}${listed === "" ? "" : `: ${listed}`}`;
  });
  return [`**Workspaces**\n\n${lines.join("\n")}`];
};

export const pending: Section = ({ pending = [] }, { lists, names }) => {
  if (pending.length === 0) {
    return [];
  }
  if (!lists) {
    const resources = pending.map(({ resource }) => resource);
    return [
      `${plural(pending.length, "workspace")} left as ${pending.length === 1 ? "it is" : "they are"} until stopped${namesOf(resources, names)}.`,
    ];
  }
  return [
    `**Changed after people have stopped them**\n\n${pending.map((one) => `- ${pendingSentence(ink, one)}`).join("\n")}`,
  ];
};

export const drift: Section = ({ drift, gone }, { lists, names }) => {
  const missing =
    gone.length === 0
      ? []
      : [
          `**Deleted manually in ICA**${namesOf(gone, lists ? 100 : names)}. \`pulumi up\` creates ${gone.length === 1 ? "it again if it is" : "them again if they are"} declared.`,
        ];
  if (drift.length === 0) {
    return missing;
  }
  if (!lists) {
    return [...missing, `${plural(drift.length, "resource")} changed manually in ICA.`];
  }
  const rows = drift.flatMap(({ resource, fields }) =>
    fields.map((one) => {
      const value = (text: string | undefined) =>
        one.secret ? "(secret)" : text === undefined ? "–" : codeCell(text, 200);
      const cells = [
        codeCell(resource.name),
        codeCell(one.field),
        value(one.inIca),
        value(one.declared),
        one.putBack ? "yes" : "no",
      ];
      return `| ${cells.join(" | ")} |`;
    }),
  );
  const table = ["| resource | field | in ICA | declared | put back by `up` |", "|---|---|---|---|---|", ...rows].join(
    "\n",
  );
  return [...missing, `**Changed manually in ICA**\n\n${table}`];
};

export const others: Section = (report, { lists, reasons }) => {
  const { others } = report;
  if (others.length === 0) {
    return [];
  }
  if (!lists) {
    return [
      `${plural(others.length, "other resource")}: ${changeCounts({ ...report, images: [], workspaces: [], drift: [], gone: [] })}.`,
    ];
  }
  const lines = others.map(({ resource, op, changes }) => {
    const fields = reasons && op === "update" ? changes.map(({ field }) => ink.word(field)).join(", ") : "";
    return `- ${ink.value(resource.name)} (${ink.value(resource.type)}) is ${opWord(op)}${fields === "" ? "" : `: ${fields}`}`;
  });
  return [`**Other resources**\n\n${lines.join("\n")}`];
};

/** What a reader may open: warnings of the engine, and every value that changes. */
export const details: Section = ({ images, workspaces, others, warnings }, { details }) => {
  if (!details) {
    return warnings.length === 0 ? [] : [`${plural(warnings.length, "warning")}.`];
  }
  const rows = [...images, ...workspaces, ...others].flatMap(({ resource, changes }) =>
    changes.map(({ field, before, after, secret, unknown }) => {
      const value = (text: string | undefined) =>
        secret ? "(secret)" : text === undefined ? "–" : codeCell(text, 500);
      return `| ${codeCell(resource.name)} | ${codeCell(field)} | ${value(before)} | ${unknown ? "known later" : value(after)} |`;
    }),
  );
  const table = ["| resource | field | before | after |", "|---|---|---|---|", ...rows].join("\n");
  const said = warnings.map(
    ({ resource, message }) =>
      `- ${resource === undefined ? "" : `${ink.value(resource.name)}: `}${codeSpan(message, 1000)}`,
  );
  return [
    ...(said.length === 0 ? [] : [folded(`Warnings (${said.length})`, said.join("\n"))]),
    ...(rows.length === 0 ? [] : [folded(`All values (${rows.length})`, table)]),
  ];
};

function folded(title: string, content: string): string {
  return `<details><summary>${title}</summary>\n\n${content}\n\n</details>`;
}
