import { setTimeout as delay } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import type Dockerode from "dockerode";
import { consolePort, startScript, stopGraceSeconds, webPort } from "../bench-facts";
import { Bench } from "../container/bench";
import type { StopOutcome, WorkspaceSpec } from "../spec";
import { Attended, type End } from "./attended";
import { answerPatienceMs, type Probe } from "./probe";
import { refusedWrites } from "./refused-writes";
import { type Standalone, standalone } from "./standalone";

/** An image to try out. */
export interface Tried {
  /** The image's name in the local Docker. */
  readonly image: string;
  readonly access: { readonly web: boolean; readonly console: boolean };
  /** The name of UID 1000 in the image, for the login. */
  readonly user: string;
}

/** How long a trial waits. */
export interface TrialTiming {
  /** Minimum milliseconds that the main process has to stay alive. Default: 5000. */
  readonly graceMs: number;
  /** Maximum milliseconds before a server answers. Default: 60,000. */
  readonly patienceMs: number;
  /** Seconds between TERM and KILL. Default: 30, as on Bench. */
  readonly stopS: number;
}

const trialTiming: TrialTiming = { graceMs: 5000, patienceMs: answerPatienceMs, stopS: stopGraceSeconds };

export interface TrialOptions {
  readonly docker: Dockerode;
  /** Part of the name of what is created in Docker: see `newInstance`. */
  readonly instance: string;
  /** Receives log lines for people. */
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
  readonly timing?: TrialTiming;
}

/** The findings of a trial. Undefined for what could not be checked because the main process did not stay alive. */
export interface TrialReport {
  /** Why the main process did not stay alive; undefined when it did. */
  readonly died: string | undefined;
  readonly web: Probe | undefined;
  readonly console: Probe | undefined;
  readonly stop: StopOutcome | undefined;
  /** Where the image tried to write outside of /data and /tmp. */
  readonly writes: readonly string[];
  /** The last lines of its output. */
  readonly log: readonly string[];
}

/** The workspace under Bench's rules, and the one with a writable root. */
const trialName = "trial";
const writable = "writable";
const logLines = 5000;
const linesTold = 10;

/**
 * Tries an image out as Bench would run it. Always removes everything at the end.
 *
 * Two workspaces run at the same time. One is under all of Bench's rules: it shows whether the main process stays
 * alive, what answers, how it ends at TERM, and, in its log, which writes were refused. The other has the same rules
 * except for a writable root file system: its changes show where the image writes without reporting an error. This
 * takes twice the image's memory, and no extra time.
 *
 * Rejects with the signal's reason when that aborts, and with Docker's error message when something cannot be created.
 */
export async function tryOut(tried: Tried, options: TrialOptions): Promise<TrialReport> {
  const { docker, instance, log, signal, timing = trialTiming } = options;
  const bench = new Bench({ docker, instance, log, graceS: timing.stopS });
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const enough = new AbortController();
  const pass = (id: string) =>
    new Pass(bench, id, tried, timing, either).run(id === trialName ? log : () => undefined, enough.signal);
  const real = pass(trialName).finally(() => enough.abort());
  const both = [real, pass(writable)] as const;
  try {
    for (const one of both) {
      // One workspace without the other shows too little.
      one.catch((error: unknown) => failed.abort(error));
    }
    const [{ died, web, console, stop, lines }, { changed }] = await Promise.all(both);
    return { died, web, console, stop, log: lines.slice(-linesTold), writes: union(refusedWrites(lines), changed) };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await Promise.allSettled(both);
    await bench.removeAll();
  }
}

interface PassReport extends Omit<TrialReport, "writes" | "log"> {
  readonly lines: readonly string[];
  readonly changed: readonly string[];
}

/** One life of the image, from its start to its end after TERM. */
class Pass {
  readonly #given: Standalone;
  readonly #spec: WorkspaceSpec;

  constructor(
    readonly bench: Bench,
    readonly id: string,
    readonly tried: Tried,
    readonly timing: TrialTiming,
    readonly signal: AbortSignal,
  ) {
    const { image, access } = tried;
    this.#given = standalone({ access, restricted: false }, "localhost");
    this.#spec = {
      ...{ id, image, access, resourceModel: "", environment: this.#given.environment },
      // A trial lasts seconds, and the image was just built with this network, so building a gateway is not worthwhile.
      network: { mode: "PUBLIC", allowedUrls: [], allowPrivate: true },
      writableRoot: id === writable,
    };
  }

  /** @param enough aborts when the run needs only a few more seconds of life */
  async run(log: (line: string) => void, enough: AbortSignal): Promise<PassReport> {
    const { bench, id, signal } = this;
    await bench.prepare(this.#spec);
    signal.throwIfAborted();
    const over = new AbortController();
    const stop = AbortSignal.any([signal, over.signal]);
    let ended: (end: End) => void = () => undefined;
    const end = new Promise<End>((resolve) => {
      ended = resolve;
    });
    const attended = new Attended({ bench, id, stop, ended });
    try {
      log(`${startScript} was started as 1000:100`);
      const looked = await Promise.race([
        this.#look(attended, stop, enough, log),
        end.then((last) => ({ died: deathOf(last) })),
        attended.ended.then((last) => {
          if (last.kind === "gone") {
            throw new Error("Another process removed the container of the trial.");
          }
          return { died: last.kind === "failed" ? last.reason : undefined };
        }),
      ]);
      over.abort();
      await attended.ended;
      signal.throwIfAborted();
      const outcome = looked.died === undefined ? await this.#end() : undefined;
      if (outcome !== undefined) {
        log(
          outcome.killed ? "it did not end at TERM, and was killed" : `it ended ${seconds(outcome.seconds)} after TERM`,
        );
      }
      return {
        ...{ web: undefined, console: undefined, ...looked, stop: outcome },
        lines: await this.#lines(),
        changed: id === writable ? await bench.changes(id) : [],
      };
    } finally {
      over.abort();
    }
  }

  /** Ends it as Bench does. A cancelled trial does not wait for the grace time: it removes the container at once. */
  async #end(): Promise<StopOutcome> {
    const { bench, id, signal } = this;
    // If this fails, so does the removal of everything that follows.
    const cut = () => void bench.clear(id).catch(() => undefined);
    signal.addEventListener("abort", cut, { once: true });
    try {
      return await bench.end(id);
    } finally {
      signal.removeEventListener("abort", cut);
      signal.throwIfAborted();
    }
  }

  async #look(attended: Attended, stop: AbortSignal, enough: AbortSignal, log: (line: string) => void) {
    const { tried, timing, id } = this;
    const long = AbortSignal.any([stop, enough]);
    await attended.up;
    const grace = delay(timing.graceMs, undefined, { signal: stop });
    const [web, console] = await Promise.all([
      tried.access.web ? cut(attended.probeWeb(this.#given.path, long, timing.patienceMs), enough) : undefined,
      tried.access.console ? cut(attended.probeConsole(tried.user, long, timing.patienceMs), enough) : undefined,
      grace,
    ]);
    if (id === trialName) {
      log(`it is alive after ${seconds(timing.graceMs / 1000)}`);
    }
    const found = { web: await this.#explained(web, webPort), console: await this.#explained(console, consolePort) };
    for (const [port, probe] of [
      [webPort, found.web],
      [consolePort, found.console],
    ] as const) {
      if (probe !== undefined) {
        log(`port ${port}: ${probe.ok ? "it answers" : "no"} (${probe.detail ?? ""})`);
      }
    }
    return { died: undefined, ...found };
  }

  /** Adds what the container's sockets show to a failure. */
  async #explained(probe: Probe | undefined, port: number): Promise<Probe | undefined> {
    if (probe === undefined || probe.ok) {
      return probe;
    }
    const listening = await this.bench.listening(this.id, port);
    if (listening === "inside only") {
      return { ok: false, detail: `it listens on 127.0.0.1 only, which Bench cannot reach: let it listen on 0.0.0.0` };
    }
    return listening === "nowhere" ? { ok: false, detail: `nothing listens on port ${port}` } : probe;
  }

  async #lines(): Promise<string[]> {
    const text = (await this.bench.logTail(this.id, logLines)).replaceAll(this.#given.apiKey, "<api key>");
    return text === "" ? [] : text.split("\n").map((line) => stripVTControlCharacters(line.trimEnd()));
  }
}

/** A probe that is unfinished when `enough` aborts has no result. */
async function cut(probe: Promise<Probe>, enough: AbortSignal): Promise<Probe | undefined> {
  try {
    return await probe;
  } catch (error) {
    if (enough.aborted) {
      return undefined;
    }
    throw error;
  }
}

function deathOf({ exitCode, seconds: lived }: End): string {
  return `${startScript} ended by itself after ${seconds(lived)}, with exit code ${exitCode}`;
}

function seconds(number: number): string {
  return `${number.toFixed(1)} s`;
}

function union(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].sort();
}
