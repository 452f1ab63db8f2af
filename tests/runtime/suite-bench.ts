import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type Dockerode from "dockerode";
import { Bench, type SupervisionEnd, type WorkspaceSpec } from "../../runtime";
import { connectDocker } from "../../runtime/docker/connect";
import { benchImage, leftovers, QUICK, sh, until } from "./support";

/** A supervised main process and the events that it reported. */
export interface Watched {
  readonly end: Promise<SupervisionEnd>;
  readonly alive: () => number;
  readonly ends: { exitCode: number; restarts: number }[];
  letGo(): Promise<void>;
}

/** What a suite of tests of workspaces in Docker uses. */
export interface SuiteBench {
  readonly docker: Dockerode;
  readonly instance: string;
  readonly bench: Bench;
  readonly image: string;
  /** Runs a shell command in a workspace, as its user, and returns what it wrote on both streams. */
  inside(id: string, command: string): Promise<string>;
  /** Supervises a workspace and records what happens to it. */
  watch(id: string, by?: Bench): Watched;
  /** Starts a workspace, and resolves when it is alive. */
  up(spec: WorkspaceSpec): Promise<Watched>;
}

/** Gives a suite a Bench of its own. Afterwards removes everything that it made, and checks that nothing is left. */
export function suiteBench(use: (suite: SuiteBench) => void): void {
  const instance = `test-${randomBytes(4).toString("hex")}`;
  let started: { docker: Dockerode; bench: Bench } | undefined;

  before(async () => {
    const docker = await connectDocker();
    const image = await benchImage(docker);
    const bench = new Bench({ docker, instance, timing: QUICK, graceS: 2 });
    started = { docker, bench };
    use({
      docker,
      instance,
      bench,
      image,
      inside: (id, command) => sh(docker, bench.names.container(id), command),
      watch: (id, by = bench) => watch(id, by),
      up: async (spec) => {
        await bench.prepare(spec);
        const watched = watch(spec.id, bench);
        await until(`${spec.id} is alive`, () => (watched.alive() > 0 ? true : undefined));
        return watched;
      },
    });
  });

  after(async () => {
    if (started !== undefined) {
      await started.bench.removeAll();
      assert.deepEqual(await leftovers(started.docker, instance), [], "removeAll leaves nothing of the instance");
    }
  });
}

function watch(id: string, by: Bench): Watched {
  const abort = new AbortController();
  const ends: Watched["ends"] = [];
  let alive = 0;
  const end = by.supervise(
    id,
    {
      alive: async () => {
        alive += 1;
      },
      ended: async ({ exitCode, restarts }) => {
        ends.push({ exitCode, restarts });
      },
    },
    abort.signal,
  );
  const over = end.then(
    () => undefined,
    () => undefined,
  );
  return {
    end,
    alive: () => alive,
    ends,
    letGo: () => {
      abort.abort();
      return over;
    },
  };
}
