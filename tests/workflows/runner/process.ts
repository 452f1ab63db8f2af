import { spawn } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/** The files through which a step tells the runner something. */
const files = ["GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"] as const;

export interface Ended {
  readonly code: number;
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

/**
 * Runs the script of a step as GitHub's runner does: written to a file, with `bash -e`, or with the stricter options of
 * `shell: bash`. The step gets this environment and nothing of the test's.
 */
export async function runScript(
  script: string,
  { cwd, env, temp, strict }: { cwd: string; env: Readonly<Record<string, string>>; temp: string; strict: boolean },
): Promise<Ended> {
  const folder = await mkdtemp(path.join(temp, "step-"));
  const told = Object.fromEntries(files.map((name) => [name, path.join(folder, name)]));
  await Promise.all(Object.values(told).map((file) => writeFile(file, "")));
  const file = path.join(folder, "script.sh");
  await writeFile(file, script);
  const options = strict ? ["--noprofile", "--norc", "-eo", "pipefail"] : ["-e"];
  const { code, log } = await ended("bash", [...options, file], cwd, { ...env, ...told });
  const text = (name: (typeof files)[number]) => readFile(told[name] ?? "", "utf8");
  if ((await text("GITHUB_ENV")) + (await text("GITHUB_PATH")) !== "")
    throw new Error("this runner passes on neither GITHUB_ENV nor GITHUB_PATH");
  return { code, log, outputs: parseOutputs(await text("GITHUB_OUTPUT")), summary: await text("GITHUB_STEP_SUMMARY") };
}

function ended(program: string, args: readonly string[], cwd: string, env: Record<string, string>) {
  return new Promise<{ code: number; log: string }>((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let log = "";
    for (const output of [child.stdout, child.stderr])
      output.on("data", (chunk: Buffer) => {
        log += chunk.toString();
      });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, log }));
  });
}

/** Lines `name=value`; this runner knows no values of several lines. */
function parseOutputs(text: string): Record<string, string> {
  const lines = text.split("\n").filter((line) => line !== "");
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([\w-]+)=(.*)$/.exec(line) ?? [];
      if (name === undefined || value === undefined) throw new Error(`not an output: ${line}`);
      return [name, value];
    }),
  );
}
