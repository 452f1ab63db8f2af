import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { command } from "../../support/programs/command";
import type { TestBench } from "../bench";

const repository = path.resolve(__dirname, "../../..");

/** A Pulumi program of its own, driven by the pulumi command line as a person does. Linux only: it looks into /proc. */
export class CliProgram {
  readonly #mark = randomUUID();

  private constructor(
    readonly dir: string,
    readonly env: Record<string, string>,
  ) {}

  /** `code` is the program; `ica` and `pulumi` are there. `plugin` is a folder with a plugin for the provider ica. */
  static async create(bench: TestBench, code: string, plugin?: string): Promise<CliProgram> {
    // Below the repository, from where "pulumi-ica" is found.
    await mkdir(path.join(repository, ".cache"), { recursive: true });
    const dir = await mkdtemp(path.join(repository, ".cache", "cli-"));
    const project = {
      ...{ name: "cli-test", main: "index.js", runtime: { name: "nodejs", options: { typescript: false } } },
      ...(plugin === undefined ? {} : { plugins: { providers: [{ name: "ica", path: plugin }] } }),
    };
    await writeFile(path.join(dir, "Pulumi.yaml"), JSON.stringify(project));
    const program = new CliProgram(dir, bench.env);
    await program.change(code);
    program.env.CLI_PROGRAM = program.#mark;
    await program.pulumi("stack", "init", "cli", "--non-interactive");
    return program;
  }

  /** Writes the program again. */
  change(code: string): Promise<void> {
    return writeFile(
      path.join(this.dir, "index.js"),
      `const ica = require("pulumi-ica");\nconst pulumi = require("@pulumi/pulumi");\n${code}\n`,
    );
  }

  /** Runs a command to its end; resolves also when it fails. */
  async pulumi(...args: string[]): Promise<{ code: number; all: string }> {
    return command("pulumi", args, { cwd: this.dir, env: this.env, mayFail: true });
  }

  /** Starts a command in a process group of its own, as a shell does. */
  start(...args: string[]): Running {
    return new Running(
      () => this.processes().filter((pid) => /language-nodejs/.test(commandLine(pid))),
      spawn("pulumi", args, {
        cwd: this.dir,
        env: { ...process.env, ...this.env },
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
      }),
    );
  }

  /** The processes that came of this program's commands and still run. */
  processes(): string[] {
    return readdirSync("/proc")
      .filter((pid) => /^\d+$/.test(pid))
      .filter((pid) => this.#isOurs(pid));
  }

  /** Their command lines, for a message. */
  describe(): string {
    return this.processes().map(commandLine).join("\n");
  }

  #isOurs(pid: string): boolean {
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`CLI_PROGRAM=${this.#mark}`);
    } catch (error) {
      return endedOrForeign(error);
    }
  }

  remove(): Promise<void> {
    return rm(this.dir, { recursive: true, force: true });
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch (error) {
    return String(endedOrForeign(error));
  }
}

/** It has just ended, or is not ours. */
function endedOrForeign(error: unknown): false {
  if (error instanceof Error && /ENOENT|ESRCH|EACCES/.test(error.message)) return false;
  throw error;
}

/** A command under way. */
export class Running {
  said = "";
  /** Resolves to the exit code when it has ended; -1 when a signal ended it. */
  readonly ended: Promise<number>;
  readonly #languageHosts: () => readonly string[];
  readonly #child: ChildProcess;

  constructor(languageHosts: () => readonly string[], child: ChildProcess) {
    this.#languageHosts = languageHosts;
    this.#child = child;
    for (const output of [child.stdout, child.stderr])
      output?.on("data", (chunk: Buffer) => {
        this.said += chunk.toString();
      });
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? -1));
    });
  }

  /** What Ctrl-C does in a terminal: INT to the whole foreground process group. */
  interrupt(): void {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, "SIGINT");
  }

  /** Ends the engine, and its language host if that is wanted, with no chance to say a word. */
  kill(withLanguageHost: boolean): void {
    for (const pid of withLanguageHost ? this.#languageHosts() : []) process.kill(Number(pid), "SIGKILL");
    this.#child.kill("SIGKILL");
  }
}
