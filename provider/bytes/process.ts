import { type ChildProcess, spawn } from "node:child_process";
import { addAbortSignal, type Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { processTree, signalAll } from "./process-tree";
import { ReadPipe } from "./read-pipe";
import { type Reading, sourceOf } from "./reading";
import { readableOf } from "./stream";

/**
 * Starts programs without a shell. Uses Node's own module instead of execa: execa is ESM-only, and a host that hooks
 * `require` for TypeScript (tsx, which some Pulumi programs use) cannot load it from this CommonJS package.
 */

/** How a process ended. */
export interface Exit {
  /** Undefined when a signal ended the process or it could not be started. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  /** The last part of its error output; if it could not be started, the system's message. */
  readonly words: string;
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment. Default: this process's own. */
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/** Milliseconds for a process to end after TERM: the user who cancelled waits for it. */
const grace = 1_000;
/** Bytes of error output to keep for a message. */
const keptWords = 64 * 1024;

/** Runs a program to its end and returns its output. `code` shows whether the program failed or could not be started. */
export async function run(command: Command): Promise<Exit & { readonly stdout: string }> {
  const child = spawn(command.command, command.args, { env: command.env, stdio: ["ignore", "pipe", "pipe"] });
  const exit = exitOf(child);
  const stop = endWhenAborted(child, command.signal);
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const ended = await exit;
  stop();
  command.signal?.throwIfAborted();
  return { ...ended, stdout: Buffer.concat(chunks).toString("utf8") };
}

/** Runs a program and passes on each line of both outputs as it arrives. */
export async function runLines(command: Command, onLine: (line: string) => void): Promise<Exit> {
  const child = spawn(command.command, command.args, { env: command.env, stdio: ["ignore", "pipe", "pipe"] });
  const exit = exitOf(child);
  const stop = endWhenAborted(child, command.signal);
  for (const output of [child.stdout, child.stderr]) {
    splitLines(output, onLine);
  }
  const ended = await exit;
  stop();
  command.signal?.throwIfAborted();
  return ended;
}

/** Runs a program from one open file to another; the caller closes the files. */
export async function runOnFiles(
  command: Command & { readonly input: number; readonly output: number },
): Promise<Exit> {
  const child = spawn(command.command, command.args, {
    env: command.env,
    stdio: [command.input, command.output, "pipe"],
  });
  const exit = exitOf(child);
  const stop = endWhenAborted(child, command.signal);
  const ended = await exit;
  stop();
  command.signal?.throwIfAborted();
  return ended;
}

/** A process's output as a stream, and its end. */
export interface Output {
  /**
   * Ends only after the process has succeeded. If the process or its input fails, the stream fails: a truncated output never
   * looks complete. Destroying the stream ends the process.
   */
  readonly stream: Readable;
  /** Resolves when everything was read and the process is gone; rejects with the stream's error. Need not be awaited. */
  readonly done: Promise<void>;
}

export interface StreamCommand extends Command {
  /** The input of the process. It is destroyed when the process ends early. */
  readonly input?: Readable;
  /** Receives each line of the error output as it arrives. */
  readonly onLine?: (line: string) => void;
  /** Creates the error for a failed process. */
  readonly failure: (exit: Exit) => Error;
}

/** Starts a program and returns its output as a stream. */
export function outputOf({ command, args, env, input, signal, onLine, failure }: StreamCommand): Output {
  const child = spawn(command, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  if (onLine !== undefined) {
    splitLines(child.stderr, onLine);
  }
  const exit = exitOf(child);
  if (input === undefined) {
    child.stdin.end();
  }
  const fed = input === undefined ? Promise.resolve(undefined) : outcome(pipeline(input, child.stdin));

  async function* whatItWrites(): AsyncGenerator<Buffer> {
    for await (const chunk of child.stdout) {
      yield chunk;
    }
    const ended = await exit;
    const inputError = await fed;
    // A process that ends early breaks the pipe. Then its own message gives the reason, not the pipe's.
    if (inputError !== undefined && !isBrokenPipe(inputError)) {
      throw inputError;
    }
    if (ended.code !== 0) {
      throw failure(ended);
    }
    if (inputError !== undefined) {
      throw inputError;
    }
  }

  const stream = readableOf(whatItWrites(), () => {
    input?.destroy();
    child.stdout.destroy();
    end(child);
  });
  if (signal !== undefined) {
    addAbortSignal(signal, stream);
  }
  const done = (async () => {
    try {
      await finished(stream, { writable: false });
    } finally {
      await exit;
    }
  })();
  // The stream reports the same error; a caller that watches only the stream must not get an unhandled rejection as well.
  void outcome(done);
  return { stream, done };
}

/** Starts a program and reads its output. Throws the errors of {@link ReadPipe.open} before anything is started. */
export async function readingOf({
  command,
  args,
  env,
  failure,
}: Pick<StreamCommand, "command" | "args" | "env" | "failure">): Promise<Reading> {
  const { pipe, writeEnd } = await ReadPipe.open();
  const child = spawn(command, args, { env, stdio: ["ignore", writeEnd, "pipe"] });
  writeEnd.destroy();
  const done = exitOf(child).then((ended) => {
    if (ended.code !== 0) {
      throw failure(ended);
    }
  });
  void outcome(done);
  return {
    async read(target) {
      const filled = await pipe.read(target);
      if (filled < target.length) {
        await done;
      }
      return filled;
    },
    stop() {
      pipe.destroy(new Error(`${command} was ended`));
      end(child);
    },
    done,
  };
}

/** The same for an output that is already a stream. */
export function readingOfOutput({ stream, done }: Output): Reading {
  // A read fails with the same error.
  stream.on("error", () => undefined);
  return { ...sourceOf(stream), stop: () => stream.destroy(), done };
}

/** Programs that are running. None outlives this process: those that do not end when asked are killed. */
const running = new Set<ChildProcess>();
/** Processes that were asked to end and may still run. */
const ending = new Set<number>();
process.once("exit", () => {
  const trees = [...running].flatMap(({ pid }) => (pid === undefined ? [] : processTree(pid)));
  signalAll([...trees, ...ending], "SIGKILL");
});

function exitOf(child: ChildProcess): Promise<Exit> {
  let words = "";
  if (child.pid !== undefined) {
    running.add(child);
    child.once("exit", () => running.delete(child));
  }
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-keptWords);
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: undefined, signal: undefined, words: error.message }));
    child.once("close", (code, signal) =>
      resolve({ code: code ?? undefined, signal: signal ?? undefined, words: words.trim() }),
    );
  });
}

function endWhenAborted(child: ChildProcess, signal: AbortSignal | undefined): () => void {
  const stop = () => end(child);
  if (signal?.aborted === true) {
    stop();
  }
  signal?.addEventListener("abort", stop, { once: true });
  return () => signal?.removeEventListener("abort", stop);
}

/** Ends a running process and all that came of it: asks first, and kills after a while. */
function end(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
    return;
  }
  // Listed before any of them ends: its children then get another parent.
  const tree = processTree(child.pid);
  const isOver = () => {
    clearTimeout(force);
    for (const pid of tree) {
      ending.delete(pid);
    }
  };
  const force = setTimeout(() => {
    signalAll(tree, "SIGKILL");
    isOver();
  }, grace);
  force.unref();
  for (const pid of tree) {
    ending.add(pid);
  }
  // Its outputs are closed when none of them has them open any more.
  child.once("close", isOver);
  signalAll(tree, "SIGTERM");
}

function splitLines(output: Readable, onLine: (line: string) => void): void {
  let rest = "";
  output.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      onLine(line);
    }
  });
  output.once("end", () => {
    if (rest !== "") {
      onLine(rest);
    }
  });
}

/** The error that a promise rejects with, as a value. */
async function outcome(promise: Promise<unknown>): Promise<Error | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

const brokenPipe = new Set(["EPIPE", "ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_DESTROYED"]);

function isBrokenPipe(error: Error): boolean {
  return "code" in error && typeof error.code === "string" && brokenPipe.has(error.code);
}
