import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Also resolve when the program fails. Default: reject with all its output. */
  readonly mayFail?: boolean;
  /** Called with each line of both outputs as it arrives. */
  readonly onLine?: (line: string) => void;
}

/** Runs a program without a shell. */
export function command(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<{ stdout: string; all: string; code: number }> {
  const { cwd, env, mayFail = false, onLine } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    const said = { stdout: "", all: "" };
    child.stdout.on("data", (chunk: Buffer) => {
      said.stdout += chunk.toString();
      said.all += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      said.all += chunk.toString();
    });
    if (onLine !== undefined)
      for (const input of [child.stdout, child.stderr]) createInterface({ input }).on("line", onLine);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const result = { stdout: said.stdout.trimEnd(), all: said.all.trimEnd(), code: code ?? -1 };
      if (result.code === 0 || mayFail) resolve(result);
      else reject(new Error(`${program} ${args.join(" ")} ended with ${code ?? signal}:\n${result.all}`));
    });
  });
}
