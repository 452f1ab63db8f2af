import { command } from "../../tests/support/programs/command";

/** Runs the pulumi command line in one folder with an environment of its own. */
export class Pulumi {
  constructor(
    readonly cwd: string,
    readonly env: Readonly<Record<string, string>>,
    readonly show: (line: string) => void,
  ) {}

  /** Runs a command, shows the gist of its output as it arrives, and returns the whole output. */
  async run(...args: string[]): Promise<string> {
    const gist = new Gist(this.show);
    const { all } = await command("pulumi", [...args, "--non-interactive", "--color", "never"], {
      cwd: this.cwd,
      env: this.env,
      onLine: (line) => gist.add(line),
    });
    return all;
  }

  async outputs(): Promise<Record<string, string | number>> {
    const { stdout } = await command("pulumi", ["stack", "output", "--json"], { cwd: this.cwd, env: this.env });
    return JSON.parse(stdout);
  }
}

/** One line of pulumi's progress without a terminal: operation, type, name, what happens. */
const progress = /^\s*([+~-]*)\s+(?:pulumi-nodejs:dynamic\/ica:|ica:index:)(\w+) (\S+) (.*)$/;

/**
 * The part of pulumi's output that readers need: each message of a resource once, the changes of a diff, the totals.
 * Drops the stack's own row, repeated rows, repeated status lines, and the summary of messages at the end.
 */
class Gist {
  #last = "";
  #inDiagnostics = false;
  #inOutputs = false;

  constructor(readonly show: (line: string) => void) {}

  add(line: string): void {
    if (/^\S/.test(line)) {
      this.#inDiagnostics = line.startsWith("Diagnostics:");
      this.#inOutputs = line.startsWith("Outputs:");
    }
    const row = progress.exec(line);
    if (row !== null) {
      const [, operation = "", type = "", name = "", rest = ""] = row;
      const message = rest.replace(/^(\w+) (\([\d.]+s\) ?)?/, "$1 ").trim();
      if (/: (PARTIAL|Stopped|Starting|Stopping|Running)\b|^\w+ing$/.test(message)) return;
      const said = `${operation.padEnd(2)} ${type} ${name}: ${message.replace(/^(creating|updating|deleting|created|updated|deleted) (?=\S)/, "")}`;
      if (said !== this.#last) this.show(said);
      this.#last = said;
      return;
    }
    if (
      this.#inDiagnostics ||
      this.#inOutputs ||
      !/^\s*(?:[~+-]+ +(?! |pulumi:pulumi)|\d+ unchanged)|^(Resources|Duration):|error:/.test(line)
    )
      return;
    this.show(line);
  }
}
