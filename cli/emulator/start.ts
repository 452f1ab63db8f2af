import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, open } from "node:fs/promises";
import path from "node:path";
import { defaultFolder, readFolder, runningOn } from "pulumi-ica-emulator";
import { say } from "../output";
import { quoted } from "../quoted";
import { printAccess, sayPage, signInWithKey } from "./exports";
import { type Started, type StartOptions, started } from "./options";

/** Starts an emulator in the background and waits until it answers. Uses one that already runs. */
export async function startInBackground(options: StartOptions): Promise<void> {
  const running = await runningOn(options.dir);
  if (running !== undefined) {
    await tellOfRunning(options.dir, running.pid, running.url);
    return;
  }
  await mkdir(options.dir, { recursive: true, mode: 0o700 });
  const logFile = path.join(options.dir, "emulator.log");
  const log = await open(logFile, "a", 0o600);
  const child = spawn(process.execPath, [...process.execArgv, ...ownArguments(options)], {
    detached: true,
    stdio: ["ignore", log.fd, log.fd, "ipc"],
  });
  const outcome = await firstWord(child);
  await log.close();
  child.disconnect();
  child.unref();
  if ("failure" in outcome) {
    throw new Error(`The emulator did not start: ${outcome.failure} Its log is ${logFile}.`);
  }
  printAccess({ apiKey: undefined, ...outcome });
  say(
    `The emulator runs at ${outcome.url} (process ${child.pid}). Its log is ${logFile}.`,
    `To stop it: ica-bench emulator stop${options.dir === defaultFolder() ? "" : ` --dir ${quoted(options.dir)}`}`,
  );
  sayPage(outcome.url, outcome.signInUrl);
}

async function tellOfRunning(dir: string, pid: number, url: string | undefined): Promise<void> {
  const content = await readFolder(dir);
  if (url === undefined || content === undefined) {
    throw new Error(`An emulator (process ${pid}) is starting on ${dir}. Try again in a moment.`);
  }
  const projectId = content.identity.project.id;
  say(`The emulator runs already at ${url} (process ${pid}).`);
  printAccess({ url, projectId, apiKey: await keyFromEnvironment(url, projectId) });
  sayPage(url, await signInWithKey(url));
}

/** ICA_API_KEY, if it is the key of this emulator. */
async function keyFromEnvironment(url: string, projectId: string): Promise<string | undefined> {
  const key = process.env.ICA_API_KEY;
  if (!key) {
    return undefined;
  }
  const { ok } = await fetch(`${url}/ica/rest/api/projects/${projectId}`, { headers: { "X-API-Key": key } });
  return ok ? key : undefined;
}

/** The arguments that run this program in the foreground. */
function ownArguments(options: StartOptions): string[] {
  const { port, dir, imageDelay, newKey, containers, allowPrivate, requestsPerSecond, workspaces } = options;
  const [, program = ""] = process.argv;
  const settings = ["--port", String(port), "--dir", dir, "--image-delay", String(imageDelay)];
  const modes = [
    "--requests-per-second",
    String(requestsPerSecond),
    ...(containers ? [] : ["--no-containers"]),
    ...(allowPrivate ? ["--allow-private"] : []),
    ...(workspaces ? [] : ["--no-workspaces"]),
  ];
  return [program, "emulator", "start", "--foreground", ...settings, ...modes, ...(newKey ? ["--new-key"] : [])];
}

function firstWord(child: ChildProcess): Promise<Started> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("message", (message) => resolve(started.parse(message)));
    child.once("exit", (code, signal) =>
      resolve({ failure: `the process ended at once (${signal ?? `exit code ${code}`}).` }),
    );
  });
}
