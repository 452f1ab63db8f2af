import { printable, printableJson, printableLine } from "../../runtime/printable";
import { type Reporter, type RunEvent, type Step, stepTitles } from "./events";

/** Prints one event per line, for programs. */
export class JsonReporter implements Reporter {
  constructor(readonly out: NodeJS.WritableStream) {}

  tell(event: RunEvent): void {
    this.out.write(`${printableJson(event)}\n`);
  }
}

/** Prints plain lines in order: for logs, pipes and CI. */
export class PlainReporter implements Reporter {
  constructor(readonly out: NodeJS.WritableStream) {}

  tell(event: RunEvent): void {
    for (const line of linesOf(event)) {
      this.out.write(`${line}\n`);
    }
  }
}

/** Draws a checklist at the bottom of the terminal and updates it; all other lines go above it. */
export class TerminalReporter implements Reporter {
  readonly #items = new Map<Step, string>();
  #drawn = 0;

  constructor(readonly out: NodeJS.WritableStream & { readonly columns?: number }) {}

  tell(event: RunEvent): void {
    this.#erase();
    if (event.event === "plan") {
      for (const step of event.steps) {
        this.#items.set(step, `  ○ ${stepTitles[step]}`);
      }
    } else if (event.event === "step") {
      this.#items.set(event.step, itemOf(event));
    } else {
      if (isLast(event)) {
        this.#leave();
      }
      for (const line of linesOf(event)) {
        this.out.write(`${line}\n`);
      }
    }
    this.#draw();
  }

  /** Leaves the list in its place and stops redrawing it. */
  #leave(): void {
    this.#draw();
    this.#items.clear();
    this.#drawn = 0;
  }

  #erase(): void {
    if (this.#drawn > 0) {
      this.out.write(`\x1b[${this.#drawn}A\x1b[J`);
      this.#drawn = 0;
    }
  }

  #draw(): void {
    for (const item of this.#items.values()) {
      this.out.write(`${item.slice(0, (this.out.columns || 80) - 1)}\n`);
    }
    this.#drawn = this.#items.size;
  }
}

const marks = { started: "…", done: "✔", failed: "✘", off: "–" } as const;

function isLast({ event }: RunEvent): boolean {
  return event === "ready" || event === "failed" || event === "stopping";
}

function itemOf({ step, state, seconds, detail }: Extract<RunEvent, { event: "step" }>): string {
  const more = [
    ...(seconds === undefined ? [] : [`${seconds.toFixed(1)} s`]),
    ...(detail === undefined ? [] : [detail]),
  ];
  // Always one line: the checklist is erased by its number of lines.
  return printableLine(`  ${marks[state]} ${stepTitles[step]}${more.length === 0 ? "" : ` (${more.join(", ")})`}`);
}

/** An event as lines for people. Text from an image or from Docker must not control the terminal. */
function linesOf(event: RunEvent): string[] {
  return rawLines(event).map(printable);
}

function rawLines(event: RunEvent): string[] {
  switch (event.event) {
    case "plan":
    case "made":
      return [];
    case "step":
      return [itemOf(event)];
    case "finding":
      return [
        `  ${event.severity} ${event.code}${event.place === undefined ? "" : ` ${event.place}`}: ${event.message}`,
        `    fix: ${event.fix}`,
      ];
    case "log":
      return [`  | ${event.line}`];
    case "refused":
      return [`  refused by the allow-list: ${event.method} ${event.address}`];
    case "ended":
      return [
        `  ica_start.sh ended by itself after ${event.seconds.toFixed(1)} s with exit code ${event.exitCode}: ` +
          `started again, for the ${ordinal(event.restarts)} time`,
      ];
    case "note":
      return [`  ${event.message}`];
    case "ready":
      return readyLines(event);
    case "stopping":
      return ["", "Stopping: TERM to ica_start.sh, KILL after 30 s ..."];
    case "stopped":
      return [
        event.killed
          ? `Killed: ica_start.sh did not end within ${event.seconds.toFixed(1)} s of TERM. On Bench, too, its users lose what is not saved.`
          : `Stopped: ica_start.sh ended ${event.seconds.toFixed(1)} s after TERM (Bench gives it 30 s).`,
      ];
    case "failed":
      return [`Failed: ${event.message}`];
  }
}

function readyLines({ web, console: ssh }: Extract<RunEvent, { event: "ready" }>): string[] {
  return [
    "",
    ...(web === undefined ? [] : [`  Web      ${web}`]),
    ...(ssh === undefined ? [] : [`  Console  ${ssh.command}`, `  Password ${ssh.password} (for this run only)`]),
    "  Ctrl-C stops it as Bench would.",
    "",
  ];
}

function ordinal(count: number): string {
  const endings: Record<string, string> = { one: "st", two: "nd", few: "rd" };
  return `${count}${endings[new Intl.PluralRules("en", { type: "ordinal" }).select(count)] ?? "th"}`;
}
