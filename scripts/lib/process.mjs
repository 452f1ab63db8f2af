import { spawn } from "node:child_process";
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

const running = new Set();
let cancelled = false;
let interrupted = false;

/** Whether the user or a supervisor has ended this command. */
export function wasInterrupted() {
  return interrupted;
}

/** Thrown instead of starting another program. */
class Cancelled extends Error {
  constructor() {
    super("Cancelled.");
    this.name = "Cancelled";
  }
}

/**
 * Ends running programs and starts no more. Code that waits for one of them continues and cleans up. Sends SIGINT,
 * because `go` and `npm` pass it on to their own child processes.
 */
export function cancel() {
  cancelled = true;
  for (const child of running) child.kill("SIGINT");
}

process.on("exit", cancel);
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
]) {
  process.on(signal, () => {
    const othersListen = process.listenerCount(signal) > 1;
    if (othersListen) return;
    interrupted = true;
    if (cancelled || running.size === 0) process.exit(code);
    cancel();
  });
}

function track(child) {
  running.add(child);
  child.once("close", () => running.delete(child));
  return child;
}

/**
 * Runs a program without a shell and collects its output. Never throws for the program's failures: a missing program
 * gives code 127, a time-out sets `timedOut`.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, input?: string, timeout?: number, idle?: (output: string) => number, uninterrupted?: boolean }} [options]
 *   `timeout`: ms for the whole run; `idle`: returns, for the output so far, how many ms the program may stay silent;
 *   `uninterrupted`: the program may finish its work even after a cancel.
 * @returns {Promise<{ code: number, stdout: string, stderr: string, output: string, timedOut: boolean }>}
 */
export function run(command, args, options = {}) {
  const { cwd, env = process.env, input, timeout, idle, uninterrupted = false } = options;
  return new Promise((resolve, reject) => {
    if (cancelled) {
      reject(new Cancelled());
      return;
    }
    const stdin = input === undefined ? "ignore" : "pipe";
    const child = spawn(command, args, { cwd, env, stdio: [stdin, "pipe", "pipe"] });
    if (!uninterrupted) track(child);
    const said = { stdout: "", stderr: "", output: "" };
    let timedOut = false;
    const giveUp = () => {
      timedOut = true;
      child.kill("SIGKILL");
    };
    const deadline = timeout === undefined ? undefined : setTimeout(giveUp, timeout);
    let silence = idle ? setTimeout(giveUp, idle("")) : undefined;
    const finish = (code) => {
      clearTimeout(deadline);
      clearTimeout(silence);
      running.delete(child);
      resolve({ code, ...said, timedOut });
    };
    for (const name of ["stdout", "stderr"]) {
      child[name].setEncoding("utf8").on("data", (text) => {
        said[name] += text;
        said.output += text;
        if (idle) {
          clearTimeout(silence);
          silence = setTimeout(giveUp, idle(said.output));
        }
      });
    }
    child.once("error", (error) => {
      said.stderr += error.message;
      said.output += error.message;
      finish(127);
    });
    child.once("close", (code) => finish(code ?? 1));
    if (input !== undefined) {
      // The exit code explains why a program ended without reading its input.
      child.stdin.on("error", () => undefined);
      child.stdin.end(input);
    }
  });
}

/** Runs a program on this terminal and returns its exit code. */
export function attached(command, args, { cwd, env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    if (cancelled) {
      reject(new Cancelled());
      return;
    }
    const child = track(spawn(command, args, { cwd, env, stdio: ["ignore", "inherit", "inherit"] }));
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

/** Runs `from | to` without a shell. If both fail, `from`'s exit code counts. */
export async function pipe([fromCommand, fromArgs], [toCommand, toArgs]) {
  if (cancelled) throw new Cancelled();
  const from = track(spawn(fromCommand, fromArgs, { stdio: ["ignore", "pipe", "pipe"] }));
  const to = track(spawn(toCommand, toArgs, { stdio: [from.stdout, "pipe", "pipe"] }));
  // The child has its own copy of the pipe's end. Ours must close, or the writer would not notice that the reader has
  // gone.
  from.stdout.destroy();
  let output = "";
  for (const stream of [from.stderr, to.stdout, to.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  const ended = (child) =>
    new Promise((resolve) => {
      child.once("error", (error) => {
        output += error.message;
        resolve(127);
      });
      child.once("close", (code) => resolve(code ?? 1));
    });
  const codes = await Promise.all([ended(from), ended(to)]);
  return { code: codes.find((code) => code !== 0) ?? 0, output };
}

/** The last lines of a program's output, for an error message. */
export function tail(output, lines = 15) {
  return output
    .trimEnd()
    .split("\n")
    .slice(-lines)
    .map((line) => `    ${line}`)
    .join("\n");
}

export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Every program of this name: those on PATH in its order, then those in `folders`. Lists each real file once. */
export function findAll(name, folders = []) {
  const seen = new Set();
  const found = [];
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), ...folders]) {
    const path = join(folder || ".", name);
    if (!isExecutable(path)) continue;
    const real = realpathSync(path);
    if (seen.has(real)) continue;
    seen.add(real);
    found.push(path);
  }
  return found;
}

// /usr/sbin and /sbin contain dockerd and debootstrap and are missing from some PATHs.
const systemFolders = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];

/** The first program of this name, or undefined. */
export function find(name, folders = systemFolders) {
  return findAll(name, folders)[0];
}

/** The go command: on PATH, or where its installers put it. */
export function findGo() {
  return find("go", ["/usr/local/go/bin", "/usr/lib/go/bin", "/opt/homebrew/bin"]);
}

/** Polls until `condition` returns a value; undefined after `timeout` ms. */
export async function until(condition, timeout, pause = 250) {
  const end = performance.now() + timeout;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > end) return undefined;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
