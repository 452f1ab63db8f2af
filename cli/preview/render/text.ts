import { cut } from "../../../provider/error-message";
import { printable, printableLine } from "../../../runtime/printable";
import type { Danger, PreviewReport } from "../report/report";
import type { Ink } from "./ink";
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
  summary,
} from "./sentences";

/** A report for a person at a terminal, before `pulumi up`: what matters first, one line each, all values unprintable shown. */

const esc = "\u001b[";
const styles = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  cyan: [36, 39],
} as const;
type Style = keyof typeof styles;

/** Longest value in a line, in characters. */
const longestValue = 200;

export interface TextOptions {
  /** Whether the terminal shows colours. */
  readonly colour: boolean;
}

/** Text in which every value is printable, and only the colours are escape sequences. */
export function renderText(report: PreviewReport, { colour }: TextOptions): string {
  const paint = (style: Style, text: string) =>
    colour ? `${esc}${styles[style][0]}m${text}${esc}${styles[style][1]}m` : text;
  const plain: Ink = {
    value: (text) => paint("cyan", cut(printableLine(text), longestValue) || '""'),
    word: (text) => printableLine(text),
    sentence: printableLine,
    strong: (markup) => markup,
  };
  const { stack, unchanged } = report;
  const name = printableLine(stack.project === undefined ? stack.name : `${stack.project}/${stack.name}`);
  const title = paint("bold", `${name}: ${summary(report)}`);
  const sections = [
    [title],
    failed(report, plain, paint),
    report.dangers.map((danger) => `${signOf(danger, paint)} ${dangerSentence(plain, danger, { reasons: true })}`),
    report.clicks.map(
      ({ resource, setting, declared }) =>
        `${paint("yellow", "click ")} ${plain.value(resource.name)}: set ${setting} to ${declared ? "on" : "off"} on the image's page in ICA`,
    ),
    policiesInOrder(report).map(
      ({ resource, pack, policy, level, message }) =>
        `${paint(level === "mandatory" ? "red" : "yellow", "policy")} ${level} ${plain.value(`${pack}/${policy}`)}${resource === undefined ? "" : ` ${plain.value(resource.name)}`}: ${printableLine(linesOf(message).join(" "))}`,
    ),
    report.findings.map(
      ({ file, line, severity, code, message, fix }) =>
        `${paint(severity === "error" ? "red" : "yellow", severity.padEnd(7))} ${printableLine(`${file}:${line}: ${code} ${message}. ${fix}`)}`,
    ),
    changes(report, plain, paint),
    (report.pending ?? []).map((one) => `${paint("dim", "waits ")} ${pendingSentence(plain, one)}`),
    beside(report, plain, paint),
    report.warnings.map(
      ({ resource, message }) =>
        `${paint("yellow", "warning")} ${resource === undefined ? "" : `${plain.value(resource.name)}: `}${printableLine(message)}`,
    ),
    [
      `${changeCounts(report)}${unchanged === undefined || unchanged === 0 ? "" : `; ${unchanged} unchanged`}. ` +
        (report.refreshed ? "Compared with ICA." : paint("dim", "Compared with the state; --refresh asks ICA.")),
    ],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

type Paint = (style: Style, text: string) => string;

function signOf({ kind }: Danger, paint: Paint): string {
  if (kind === "dataLost") {
    return paint("red", "DATA LOST");
  }
  return kind === "disconnected" ? paint("yellow", "DISCONNECTS") : paint("red", "REFUSED");
}

function failed(report: PreviewReport, ink: Ink, paint: Paint): string[] {
  const { outcome, errors, notJudged } = report;
  if (outcome !== "failed") {
    return [];
  }
  const said = errors.map(({ resource, message }) => {
    const where = resource === undefined ? "" : `${ink.value(resource.name)}: `;
    return `${paint("red", "error")} ${where}${printable(message).replaceAll("\n", "\n      ")}`;
  });
  const names = notJudged.slice(0, 20).map(({ name }) => ink.value(name));
  const more = notJudged.length - names.length;
  const left =
    notJudged.length === 0 ? [] : [`not previewed: ${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`];
  const refused = isStoppedByPolicy(report)
    ? [`${paint("red", "REFUSED")} pulumi up refuses this change: it violates a mandatory policy.`]
    : [];
  return [...refused, ...said, ...left];
}

const opSigns = { create: "+", update: "~", replace: "+-", delete: "-", forget: "-", import: "=", read: ">" } as const;
const opStyles = {
  create: "green",
  update: "yellow",
  replace: "yellow",
  delete: "red",
  forget: "dim",
  import: "cyan",
  read: "cyan",
} as const satisfies Record<string, Style>;

function changes(report: PreviewReport, ink: Ink, paint: Paint): string[] {
  const { images, workspaces, others } = report;
  const said = saidFields(report);
  const sign = (op: keyof typeof opSigns) => paint(opStyles[op], opSigns[op].padStart(3));
  const listed = (list: PreviewReport["workspaces"][number]["changes"]) =>
    list.length === 0 ? "" : `: ${list.map((one) => changeWords(ink, one, false)).join(", ")}`;
  return [
    ...images.flatMap((image) => [
      `${sign(image.op)} ${imageSentence(ink, image)}${image.op === "create" ? "" : listed(changesLeft(said, image))}. ${imageFacts(ink, image).join(" ")}`.trimEnd(),
      ...image.reasons.map((reason) => `      because ${reasonWords(ink, reason)}`),
    ]),
    ...workspaces.map(
      ({ resource, op, changes: fields }) =>
        `${sign(op)} workspace ${ink.value(resource.name)} is ${opWord(op)}${op === "create" ? "" : listed(changesLeft(said, { resource, changes: fields }))}`,
    ),
    ...others.map(
      ({ resource, op, changes: fields }) =>
        `${sign(op)} ${printableLine(resource.type)} ${ink.value(resource.name)} is ${opWord(op)}${op === "update" ? listed(fields) : ""}`,
    ),
  ];
}

function beside({ drift, gone }: PreviewReport, ink: Ink, paint: Paint): string[] {
  const value = (text: string | undefined, secret: true | undefined) =>
    secret ? "(secret)" : text === undefined ? "nothing" : ink.value(text);
  return [
    ...gone.map(
      ({ name }) =>
        `${paint("yellow", "manual")} ${ink.value(name)} was deleted in ICA; up creates it again if it is declared`,
    ),
    ...drift.flatMap(({ resource, fields }) =>
      fields.map(
        ({ field, inIca, declared, secret, putBack }) =>
          `${paint("yellow", "manual")} ${ink.value(resource.name)}: ${printableLine(field)} is ${value(inIca, secret)} in ICA and ${value(declared, secret)} in the program${putBack ? "; up puts it back" : ""}`,
      ),
    ),
  ];
}
