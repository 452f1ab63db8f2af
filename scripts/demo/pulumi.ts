import { command } from "../../tests/support/command";

/** The pulumi command line in one folder, with an environment of its own. */
export class Pulumi {
  constructor(
    readonly cwd: string,
    readonly env: Readonly<Record<string, string>>,
    readonly show: (line: string) => void,
  ) {}

  /** Runs a command, shows what it says line by line, and gives it all. */
  async run(...args: string[]): Promise<string> {
    const { all } = await command("pulumi", [...args, "--non-interactive", "--color", "never"], {
      cwd: this.cwd,
      env: this.env,
      onLine: (line) => {
        if (worthShowing(line)) this.show(line);
      },
    });
    return all;
  }

  async outputs(): Promise<Record<string, string | number>> {
    const { stdout } = await command("pulumi", ["stack", "output", "--json"], { cwd: this.cwd, env: this.env });
    return JSON.parse(stdout);
  }
}

/** Blank lines, dots of progress and the way to a web page of state say nothing here. */
function worthShowing(line: string): boolean {
  return (
    line.trim() !== "" &&
    !/^@ |View (Live|in Browser)|Permalink|^\s*The resources in the stack|^\s*If you want to remove/.test(line)
  );
}
