import { addAbortSignal, Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { execa } from "execa";

/** What a process writes, as a stream, and its end. */
export interface Output {
  /**
   * Ends only after the process has ended well. If the process fails, or its input does, the stream fails: an output
   * that was cut off is never taken for a whole one. Destroying it ends the process.
   */
  readonly stream: Readable;
  /** Resolves when all was read and the process is gone; rejects with what the stream failed with. Need not be awaited. */
  readonly done: Promise<void>;
}

/** How a process ended, for an error message. */
export interface Exit {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** What it wrote on its error output; for a program that could not be started, the system's words. */
  readonly words: string;
}

export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** What the process reads. It is destroyed when the process ends early. */
  readonly input?: Readable;
  readonly signal?: AbortSignal;
  /** The error for a process that failed. */
  readonly failure: (exit: Exit) => Error;
}

/** Starts a program, without a shell, and gives its output as a stream. */
export function childOutput(options: ChildCommand): Output {
  const { command, args, env, input, signal, failure } = options;
  const child = execa(command, args, {
    ...(env === undefined ? {} : { env, extendEnv: false }),
    stdin: input === undefined ? "ignore" : "pipe",
    stdout: "pipe",
    stderr: "pipe",
    buffer: { stdout: false, stderr: true },
    encoding: "buffer",
    reject: false,
  });
  const fed =
    input === undefined || child.stdin === null ? Promise.resolve(undefined) : outcome(pipeline(input, child.stdin));

  async function* whatItWrites(): AsyncGenerator<Buffer> {
    for await (const chunk of child.stdout) yield chunk;
    const result = await child;
    const inputError = await fed;
    // A process that ends early breaks the pipe: then its own words say why, not the pipe's.
    if (inputError !== undefined && !isBrokenPipe(inputError)) throw inputError;
    if (result.failed) {
      const said = Buffer.from(result.stderr).toString("utf8").trim();
      throw failure({
        code: result.exitCode,
        signal: result.signal,
        words: said === "" ? (result.originalMessage ?? "") : said,
      });
    }
    if (inputError !== undefined) throw inputError;
  }

  const stream = Readable.from(whatItWrites(), { objectMode: false });
  stream.once("close", () => {
    input?.destroy();
    child.kill();
  });
  if (signal !== undefined) addAbortSignal(signal, stream);
  const done = (async () => {
    try {
      await finished(stream, { writable: false });
    } finally {
      await child;
    }
  })();
  // The stream carries the same error; a caller that watches only the stream must not meet it a second time.
  outcome(done);
  return { stream, done };
}

/** The error a promise ends with, as a value. */
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
