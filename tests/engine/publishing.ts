import { readFileSync } from "node:fs";
import type Dockerode from "dockerode";
import { openUploads } from "../support/servers/open-uploads";
import type { TestBench } from "./bench";
import { trialsOf } from "./trials";

/** A moment in the life of a provider. */
export interface Moment {
  readonly what: string;
  readonly reached: (bench: TestBench, docker: Dockerode) => boolean | Promise<boolean>;
}

/** Whether the API was asked for this since the calls were last taken. */
export const called = (method: string, pattern: RegExp) => (bench: TestBench) =>
  bench.calls.calls.some((call) => call.method === method && pattern.test(call.path));

const dockerWasAsked = (pattern: RegExp) => (bench: TestBench) =>
  readFileSync(bench.docker.log, "utf8")
    .split("\n")
    .some((line) => pattern.test(line));

/** The moments of a publication, in order. `trial`: only with `verify: "run"`. */
export const publication: readonly (Moment & { readonly trial?: true })[] = [
  { what: "the first call", reached: called("POST", /\/tokens$/) },
  { what: "the look whether it is there", reached: called("GET", /\/dockerImages$/) },
  { what: "the build", reached: dockerWasAsked(/^(?:buildx )?build/) },
  { what: "the trial", reached: async (bench, docker) => (await trialsOf(bench, docker)).length > 0, trial: true },
  { what: "the save", reached: dockerWasAsked(/save/) },
  { what: "the upload", reached: async ({ dir }) => (await openUploads(dir)).length > 0 },
  { what: "the registration", reached: called("POST", /:createInternal$/) },
  { what: "the wait for it", reached: called("GET", /\/dockerImages\/[^/]+$/) },
];
