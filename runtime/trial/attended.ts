import type { Bench } from "../container/bench";
import type { Listener, SupervisionEnd } from "../container/supervisor";
import type { Endpoints } from "../spec";
import { answerPatienceMs, type Probe, probeConsole, probeWeb } from "./probe";

/** A main process that ended by itself. */
export type End = Parameters<Listener["ended"]>[0];

export interface AttendedOptions {
  readonly bench: Bench;
  readonly id: string;
  /** Ends the supervision and leaves the main process as it is. */
  readonly stop: AbortSignal;
  readonly alive?: () => void;
  readonly ended?: (end: End) => void;
  /** A line of the main process. */
  readonly wrote?: (line: string) => void;
}

/** A prepared workspace: starts it, keeps it running, and probes it from outside. */
export class Attended {
  /** Resolves when the main process has been alive for long enough for the first time. */
  readonly up: Promise<"up">;
  /** Resolves when supervision ends. Does not reject for a requested stop. */
  readonly ended: Promise<SupervisionEnd | { readonly kind: "stopped" }>;
  /** The current ports; empty while it does not run. */
  endpoints: Endpoints = {};
  readonly #bench: Bench;
  readonly #id: string;

  constructor({ bench, id, stop, alive, ended, wrote }: AttendedOptions) {
    this.#bench = bench;
    this.#id = id;
    let isUp: () => void = () => undefined;
    this.up = new Promise((resolve) => {
      isUp = () => resolve("up");
    });
    const listener: Listener = {
      alive: async () => {
        this.endpoints = await bench.endpoints(id);
        alive?.();
        isUp();
      },
      ended: async (end) => {
        this.endpoints = {};
        ended?.(end);
      },
      ...(wrote === undefined ? {} : { wrote }),
    };
    this.ended = bench.supervise(id, listener, stop).catch((error: unknown) => {
      if (stop.aborted) {
        return { kind: "stopped" as const };
      }
      throw error;
    });
  }

  /** Requests the page under its path: see `probeWeb`. */
  probeWeb(path: string, signal: AbortSignal, patienceMs: number = answerPatienceMs): Promise<Probe> {
    return probeWeb(() => this.endpoints.web, path, signal, patienceMs);
  }

  /** Logs in with its key: see `probeConsole`. */
  probeConsole(user: string, signal: AbortSignal, patienceMs: number = answerPatienceMs): Promise<Probe> {
    const inside = async () => {
      const { console: port } = this.endpoints;
      return port === undefined ? undefined : { port, privateKey: await this.#bench.privateKey(this.#id) };
    };
    return probeConsole(inside, user, signal, patienceMs);
  }
}
