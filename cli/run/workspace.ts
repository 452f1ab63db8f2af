import type { Dockerode } from "pulumi-ica-emulator/runtime";
import { Attended, Bench, newNumber, type Probe, type Standalone } from "pulumi-ica-emulator/runtime";
import { type AccessPoints, type Inside, openAccess } from "./access";
import type { Reachable, Reporter } from "./events";
import type { ReadyImage } from "./image";
import type { RunOptions } from "./options";
import { specOf } from "./spec";
import { timed } from "./timed";

const workspaceId = "workspace";

interface Surroundings {
  readonly docker: Dockerode;
  readonly instance: string;
  readonly reporter: Reporter;
  /** Aborts when the workspace has to stop. */
  readonly stop: AbortSignal;
  /** Aborts when the workspace has to stop without waiting. */
  readonly hurry: AbortSignal;
  /** Opens a shell in the container for a person; resolves when the shell ends. Undefined: no shell. */
  readonly shell?: (container: string) => Promise<void>;
}

/** The outcome of a run, as the exit code distinguishes it. */
export type RunEnd = "ended in time" | "not as it should";

/**
 * Runs an image as Bench would until it has to stop: sets up network, disk, keys and doors on loopback, keeps the main
 * process alive, then sends TERM, waits 30 seconds, and sends KILL. Always removes what it made in Docker.
 */
export async function runWorkspace(image: ReadyImage, options: RunOptions, around: Surroundings): Promise<RunEnd> {
  const { docker, instance, reporter } = around;
  const log = (message: string) => reporter.tell({ event: "note", message });
  const bench = new Bench({ docker, instance, log });
  const number = newNumber();
  const inside: Inside = {
    id: workspaceId,
    number,
    name: "run",
    access: image.access,
    status: "Starting",
    endpoints: {},
  };
  const doors = await openAccess(inside, log);
  try {
    const { spec, given } = specOf(image, options, { id: workspaceId, number, webHost: doors.webHost });
    await timed(reporter, "prepare", () => bench.prepare(spec));
    reporter.tell({
      event: "made",
      container: bench.names.container(workspaceId),
      ...(options.restricted ? { outside: bench.names.outside } : {}),
    });
    if (options.restricted) {
      await bench.followProxy(workspaceId, (line) => tellRefusal(line, reporter));
    }
    return await live({ bench, inside, doors, image, around, given });
  } finally {
    await doors.close();
    await bench.removeAll();
  }
}

interface Life {
  readonly bench: Bench;
  readonly inside: Inside;
  readonly doors: AccessPoints;
  readonly image: ReadyImage;
  readonly around: Surroundings;
  readonly given: Standalone;
}

async function live(life: Life): Promise<RunEnd> {
  const { bench, inside, around } = life;
  const { reporter, stop, hurry, shell } = around;
  const attended = attend(life);
  const { up, ended } = attended;
  const started = await timed(
    reporter,
    "start",
    () => Promise.race([up, ended]),
    (first) => ({ ok: first === "up" || first.kind === "stopped" }),
  );
  const over = new AbortController();
  const probed =
    started === "up" ? probes(life, attended, AbortSignal.any([stop, over.signal])) : Promise.resolve(false);
  const answered = await Promise.race([probed, ended]);
  if (typeof answered === "boolean" && started === "up") {
    reporter.tell({ event: "ready", ...(await reachable(life)) });
    await shell?.(bench.names.container(workspaceId));
  }
  const end = await ended;
  over.abort();
  await probed;
  if (end.kind !== "stopped") {
    const message = end.kind === "failed" ? end.reason : "the container was removed by another program.";
    reporter.tell({ event: "failed", message });
    return "not as it should";
  }
  inside.status = "Stopping";
  reporter.tell({ event: "stopping" });
  let cleared: Promise<void> = Promise.resolve();
  const killNow = () => {
    cleared = bench
      .clear(workspaceId)
      .catch((error: unknown) => reporter.tell({ event: "note", message: String(error) }));
  };
  hurry.addEventListener("abort", killNow, { once: true });
  if (hurry.aborted) {
    killNow();
  }
  const { seconds, killed } = await bench.stop(workspaceId);
  hurry.removeEventListener("abort", killNow);
  await cleared;
  const outcome = { seconds: Math.round(seconds * 10) / 10, killed: killed || hurry.aborted };
  reporter.tell({ event: "stopped", ...outcome });
  return outcome.killed || answered === false ? "not as it should" : "ended in time";
}

/** Keeps the main process alive and reports its events. */
function attend({ bench, inside, around, given }: Life): Attended {
  const { reporter, stop } = around;
  const attended: Attended = new Attended({
    ...{ bench, id: workspaceId, stop },
    alive: () => {
      inside.endpoints = attended.endpoints;
      inside.status = "Running";
    },
    ended: (end) => {
      inside.endpoints = {};
      reporter.tell({ event: "ended", ...end });
    },
    wrote: (line) => reporter.tell({ event: "log", line: line.replaceAll(given.apiKey, "<api key>") }),
  });
  return attended;
}

/** Whether every open access answers. Also false when no time is left to find out. */
async function probes({ image, around, given }: Life, attended: Attended, signal: AbortSignal): Promise<boolean> {
  const { reporter } = around;
  const { access, user } = image;
  const judge = (probe: Probe) => probe;
  const web = () => attended.probeWeb(given.path, signal);
  const sshd = () => attended.probeConsole(user, signal);
  try {
    const found = [
      ...(access.web ? [await timed(reporter, "web", web, judge)] : []),
      ...(access.console ? [await timed(reporter, "console", sshd, judge)] : []),
    ];
    return found.every(({ ok }) => ok);
  } catch (error) {
    if (signal.aborted) {
      return false;
    }
    throw error;
  }
}

async function reachable({ bench, doors, image, given }: Life): Promise<Reachable> {
  const { access, user } = image;
  const port = access.console ? await doors.openConsole(bench) : undefined;
  const unknown = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null";
  return {
    ...(access.web ? { web: `http://${doors.webHost}${given.path}` } : {}),
    ...(port === undefined
      ? {}
      : {
          console: {
            host: "127.0.0.1",
            port,
            user,
            password: doors.password,
            command: `ssh -p ${port} ${unknown} ${user}@127.0.0.1`,
          },
        }),
  };
}

/** Parses a line of the proxy: time, status, verdict, method, address. */
function tellRefusal(line: string, reporter: Reporter): void {
  const [, status, , method, address] = line.split(" ");
  if (line.includes("_DENIED") && method !== undefined && address !== undefined) {
    reporter.tell({ event: "refused", method, address, status: Number(status) });
  }
}
