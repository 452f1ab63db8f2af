import { setTimeout as delay } from "node:timers/promises";
import type Dockerode from "dockerode";
import { z } from "zod";
import { startScript } from "../bench-facts";
import { dockerStatus, dockerWords, ifThere } from "../docker/docker-error";
import { tailOf } from "./container-log";

/** When a main process counts as alive, and when supervision gives up on it. */
export interface Timing {
  /** Milliseconds alive before it counts as running. */
  readonly aliveMs: number;
  /** A life shorter than this many milliseconds is a crash at start. */
  readonly quickMs: number;
  /** The number of crashes at start in a row that make a failure. */
  readonly attempts: number;
  /** Milliseconds before the first restart; doubles with every crash at start. */
  readonly backoffMs: number;
}

export const defaultTiming: Timing = { aliveMs: 1000, quickMs: 2000, attempts: 5, backoffMs: 250 };

const longestBackoffMs = 10_000;
/** How often, and after how many milliseconds, to retry a start that the engine refused because of its own failure. */
const maxRefusals = 5;
const refusedMs = 1000;
const logLines = 10;

/** Receives the events of a supervised main process, in order, one at a time; the next step waits for it. */
export interface Listener {
  /** The process has been alive for long enough. Called after every start. */
  alive(): Promise<void>;
  /** The process ended by itself and will restart. `restarts` counts since supervision began. */
  ended(end: { exitCode: number; seconds: number; restarts: number }): Promise<void>;
  /** The process wrote a line, on either stream. Only for a process started here, not for one found running. */
  wrote?(line: string): void;
}

/**
 * How supervision ended: it gave up on the process (with the reason as text), or the container was removed from
 * outside.
 */
export type SupervisionEnd = { readonly kind: "failed"; readonly reason: string } | { readonly kind: "gone" };

/** A container with what its starts need. */
export interface Supervised {
  readonly container: Dockerode.Container;
  /** Runs before every start, to provide what the container needs. */
  beforeStart(): Promise<void>;
}

/**
 * Keeps a main process running as Bench does: restarts it when it ends, at growing intervals while it crashes at start.
 * The process may be running already or not. Rejects with the signal's reason when that aborts, and then leaves the
 * container as it is.
 */
export async function supervise(
  { container, beforeStart }: Supervised,
  listener: Listener,
  timing: Timing,
  signal: AbortSignal,
): Promise<SupervisionEnd> {
  let restarts = 0;
  let crashes = 0;
  let refusals = 0;
  for (;;) {
    const found = await ifThere(patiently(() => container.inspect(), signal));
    if (found === undefined) {
      return { kind: "gone" };
    }
    if (!found.State.Running) {
      try {
        await beforeStart();
        await container.start();
      } catch (error) {
        if (noAnswer(error) || (mayPass(error) && refusals < maxRefusals)) {
          refusals += 1;
          await delay(refusedMs, undefined, { signal });
          continue;
        }
        return (await isGone(container, error)) ? { kind: "gone" } : { kind: "failed", reason: startWords(error) };
      }
    }
    refusals = 0;
    const life = await live(container, listener, timing, signal);
    if (life === undefined) {
      return { kind: "gone" };
    }
    crashes = life.seconds * 1000 < timing.quickMs ? crashes + 1 : 0;
    if (crashes >= timing.attempts) {
      return { kind: "failed", reason: await crashWords(container, life.exitCode, crashes) };
    }
    restarts += 1;
    await listener.ended({ ...life, restarts });
    await delay(Math.min(timing.backoffMs * 2 ** crashes, longestBackoffMs), undefined, { signal });
  }
}

/**
 * One life of the main process: reports it alive in time, and waits for its end. Undefined when the container is gone.
 */
async function live(
  container: Dockerode.Container,
  listener: Listener,
  timing: Timing,
  signal: AbortSignal,
): Promise<{ exitCode: number; seconds: number } | undefined> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const reported = delay(timing.aliveMs, undefined, { signal: either }).then(
    () => listener.alive(),
    () => undefined,
  );
  const ended = ifThere(patiently(() => container.wait({ abortSignal: signal }), signal)).finally(() => over.abort());
  try {
    await Promise.all([ended, reported]);
  } finally {
    // Waits for the listener to finish, before anything is undone.
    over.abort();
    await Promise.allSettled([reported]);
  }
  const state = (await ifThere(patiently(() => container.inspect(), signal)))?.State;
  if (state === undefined) {
    return undefined;
  }
  // The recorded end may be a moment before the start.
  const ms = Math.max(0, Date.parse(state.FinishedAt) - Date.parse(state.StartedAt));
  return { exitCode: state.ExitCode, seconds: ms / 1000 };
}

/**
 * Whether a start may succeed in a moment. An engine that shuts down ends its containers first. It still answers then,
 * but refuses to start them again with varying errors.
 */
function mayPass(error: unknown): boolean {
  const words = dockerWords(error);
  return (dockerStatus(error) ?? 0) >= 500 && !words.includes(startScript) && !words.includes("marked for removal");
}

/** Whether a start failed because the container is being removed, or is gone. */
async function isGone(container: Dockerode.Container, error: unknown): Promise<boolean> {
  return dockerWords(error).includes("marked for removal") || (await ifThere(container.inspect())) === undefined;
}

/** Repeats a call while the engine does not answer: it is restarting, and will find its containers again. */
async function patiently<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      if (!noAnswer(error)) {
        throw error;
      }
      await delay(500, undefined, { signal });
    }
  }
}

const systemError = z.object({ code: z.enum(["ECONNREFUSED", "ECONNRESET", "ENOENT", "EPIPE"]) });

function noAnswer(error: unknown): boolean {
  return dockerStatus(error) === undefined && systemError.safeParse(error).success;
}

/** Why Docker did not start the container, with the likely remedy for common mistakes of image authors. */
function startWords(error: unknown): string {
  const words = dockerWords(error);
  if (words.includes(startScript) && /permission denied/.test(words)) {
    return `${startScript} is not executable for user 1000: COPY it with --chmod=0755. Docker says: ${words}`;
  }
  if (words.includes(startScript) && /no such file or directory/.test(words)) {
    return `${startScript} is not in the image, or its interpreter is not. Docker says: ${words}`;
  }
  return `The container cannot be started. Docker says: ${words}`;
}

async function crashWords(container: Dockerode.Container, exitCode: number, crashes: number): Promise<string> {
  const log = await tailOf(container, logLines);
  const hint = log.split("\n").some((line) => line.includes("exec ") && line.includes("no such file or directory"))
    ? " The interpreter in its first line is not in the image, or the file has Windows line ends."
    : /exec format error/.test(log)
      ? ' It has no "#!" line, or the image is not for linux/amd64.'
      : "";
  const last = log === "" ? " It wrote nothing." : ` Its last lines:\n${log}`;
  return `${startScript} ended ${crashes} times right after its start, last with exit code ${exitCode}.${hint}${last}`;
}
