import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";

export const repository = path.resolve(__dirname, "../..");
/** As `npm run build` makes it: from the sources, each start would take two seconds more. */
export const program = path.join(repository, "dist", "cli", "main.js");

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real command line in a process of its own. */
export interface Running {
  readonly child: ChildProcess;
  /** Every line of its output, as far as it has come. */
  readonly lines: string[];
  readonly ended: Promise<Outcome>;
}

/** Starts `ica-bench`. It is no terminal. */
export function start(args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}): Running {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd ?? repository,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const said = { stdout: "", stderr: "" };
  const lines: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => {
    said.stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    said.stderr += chunk.toString();
  });
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...said }));
  });
  return { child, lines, ended };
}

/** Runs `ica-bench` to its end. */
export function icaBench(args: readonly string[], options?: Parameters<typeof start>[1]): Promise<Outcome> {
  const running = start(args, options);
  running.child.stdin?.end();
  return running.ended;
}
