import { strict as assert } from "node:assert";
import { appendFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type Dockerode from "dockerode";
import { connectDocker } from "../../../runtime/docker/connect";
import { openUploads } from "../../support/servers/open-uploads";
import { until } from "../../support/until";
import { startTestBench, type TestBench } from "../bench";
import { CliProgram } from "../program/cli-program";
import { called, type Moment, publication } from "../publishing";
import { trialsOf } from "../trials";

/** Not the name that other tests give their images, and remove with. */
const name = "killed-page";
/** Milliseconds in which all that came of a killed engine has to end. */
const patienceMs = 10_000;
/** Chooses how long after a step has begun the engine is killed, and whether its language host is killed with it. */
const seed = Number(process.env.KILLED_SEED ?? 1);

describe("an engine that is killed leaves no process behind, and no upload continues", function () {
  this.timeout(120_000);
  let bench: TestBench;
  let docker: Dockerode;
  let program: CliProgram;
  let context: string;
  const random = randomFrom(seed);

  before(async function () {
    if (process.platform !== "linux") this.skip();
    bench = await startTestBench({ containers: false, imageDelayMs: 60_000 });
    docker = await connectDocker();
    context = await bench.imageContext("image");
    const { body } = await bench.byHand("POST", "/api/dockerImages:createExternal", {
      url: "example.org/first:1",
      name: "first",
      version: "1",
      type: "BENCH",
    });
    program = await CliProgram.create(
      bench,
      `const access = { web: true, console: true };
      if (process.env.DECLARED === "image")
        new ica.BenchImage("${name}", { build: { context: process.env.CONTEXT }, access, verify: process.env.VERIFY });
      else
        new ica.Workspace("genomics", {
          ...{ image: process.env.IMAGE, resourceModel: process.env.MODEL, storageGb: 10, access },
          ...{ network: "public", desiredState: "running", allowRestart: true },
        });`,
    );
    Object.assign(program.env, { CONTEXT: context, IMAGE: (body as { id: string }).id });
  });

  afterEach(async () => {
    for (const pid of program?.processes() ?? []) process.kill(Number(pid), "SIGKILL");
    await program?.pulumi("cancel", "--yes", "--non-interactive", "cli");
  });

  after(async () => {
    await program?.remove();
    await bench?.close();
    for (const { RepoTags } of (await docker?.listImages({ filters: { reference: [`pulumi-ica/${name}`] } })) ?? [])
      for (const tag of RepoTags ?? []) await docker.getImage(tag).remove();
  });

  const uploads = async () => (await openUploads(bench.dir)).length;

  /** Runs a command, kills its engine a moment after a step was reached, and waits until all its processes have ended. */
  async function kill({ what, reached }: Moment, env: Record<string, string>, ...args: string[]): Promise<void> {
    bench.calls.take();
    await bench.docker.take();
    Object.assign(program.env, env);
    const engine = program.start(...args, "--non-interactive", "--color", "never");
    await until(`it came to this: ${what}`, () => reached(bench, docker)).catch((error: unknown) => {
      throw new Error(`this was not reached: ${what}\n${engine.said}`, { cause: error });
    });
    const pauseMs = Math.floor(random() * 400);
    const withLanguageHost = random() < 0.5;
    await delay(pauseMs);
    engine.kill(withLanguageHost);
    const told = `${what}, ${pauseMs} ms later, ${withLanguageHost ? "with" : "without"} its language host (KILLED_SEED=${seed})`;
    const isOver = async () => program.processes().length + (await trialsOf(bench, docker)).length === 0;
    await until(`everything has ended after ${told}`, isOver, patienceMs).catch((error: unknown) => {
      throw new Error(`still there:\n${program.describe()}`, { cause: error });
    });
    assert.equal(await uploads(), 0, `parts of an upload were left: ${told}`);
  }

  const up = ["up", "--yes", "--skip-preview"];

  describe("when it publishes an image, and is killed at", () => {
    for (const moment of publication)
      it(moment.what, async () => {
        await appendFile(`${context}/index.html`, `<!-- ${random()} -->\n`);
        await kill(moment, { DECLARED: "image", VERIFY: moment.trial ? "run" : "none" }, ...up);
      });
  });

  describe("when it works on a workspace, and is killed at", () => {
    const one = /\/workspaces\/[^/:]+$/;
    const steps: (Moment & { readonly model: string; readonly args: readonly string[] })[] = [
      { what: "the creation", model: "standard-small", args: up, reached: called("POST", /\/workspaces$/) },
      { what: "a preview", model: "standard-medium", args: ["preview"], reached: called("GET", /\/workspaces/) },
      { what: "a change", model: "standard-medium", args: up, reached: called("PUT", one) },
      {
        what: "a refresh",
        model: "standard-medium",
        args: ["refresh", "--yes", "--skip-preview"],
        reached: called("GET", one),
      },
      {
        what: "the deletion",
        model: "standard-medium",
        args: ["destroy", "--yes", "--skip-preview"],
        reached: called("POST", /:(?:stop|delete)$/),
      },
    ];
    for (const step of steps)
      it(step.what, async () => {
        const { args, model, what } = step;
        if (what === "a preview") {
          Object.assign(program.env, { DECLARED: "workspace", MODEL: "standard-small" });
          const { code, all } = await program.pulumi(...up, "--non-interactive");
          assert.equal(code, 0, all);
        }
        await kill(step, { DECLARED: "workspace", MODEL: model }, ...args);
      });
  });
});

/** Numbers from 0 to 1 that only the start decides (mulberry32). */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
