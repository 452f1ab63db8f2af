import { strict as assert } from "node:assert";
import { z } from "zod";
import { until } from "../../support/until";
import { CliProgram } from "../program/cli-program";
import { WorkspaceBench } from "../workspaces/workspaces";
import { pressCtrlC } from "./ctrl-c";
import { pluginFolder } from "./with-plugin";

const stateSchema = z.object({
  deployment: z.object({
    resources: z.array(
      z.object({
        ...{ type: z.string(), id: z.string().optional() },
        ...{ inputs: z.unknown().optional(), outputs: z.unknown().optional() },
      }),
    ),
    pending_operations: z.array(z.object({ type: z.string() })).optional(),
  }),
});

type Command = "up" | "destroy" | "refresh" | "preview";

/** Where a command is cancelled. */
interface Step {
  readonly what: string;
  readonly command: Command;
  /** A call that gets no answer; the path is below the project's workspaces. */
  readonly stalled?: { readonly method: "GET" | "POST" | "PUT"; readonly path: string };
  /** A start or stop of the workspace that does not end. */
  readonly held?: "starts" | "stops";
  readonly says: RegExp;
  /** The calls that write and were answered, of the cancelled command and the next one together. */
  readonly writes: readonly string[];
}

const noAnswer = /Pulumi cancelled this run before ICA answered/;
const changed = [":stop", "PUT", ":start"];

describe("one Ctrl-C, with the plugin", function () {
  this.timeout(180_000);
  let workspaces: WorkspaceBench;
  let program: CliProgram;

  before(async function () {
    if (process.platform !== "linux") {
      this.skip();
    }
    workspaces = await WorkspaceBench.start();
    program = await CliProgram.create(
      workspaces.bench,
      `class Workspace extends pulumi.CustomResource {
        constructor(name, args, options) { super("ica:index:Workspace", name, { workspaceId: undefined, ...args }, options); }
      }
      new Workspace("w", {
        ...JSON.parse(process.env.ARGS), image: process.env.IMAGE, desiredState: "running", allowRestart: true,
      }, { customTimeouts: { create: process.env.LIMIT } });`,
      pluginFolder,
    );
    program.env.IMAGE = workspaces.genomics().image;
    declare(20);
  });

  after(async () => {
    await workspaces?.close();
    await program?.remove();
  });

  function declare(storageGb: number): void {
    const { image: _, ...args } = workspaces.genomics();
    program.env.ARGS = JSON.stringify({ ...args, storageGb });
  }

  const words = (command: Command) => [
    ...[command, "--non-interactive", "--color", "never"],
    ...(command === "preview" ? [] : ["--yes", "--skip-preview"]),
  ];

  async function succeeds(command: Command): Promise<void> {
    const { code, all } = await program.pulumi(...words(command));
    assert.equal(code, 0, all);
  }

  async function state() {
    const { deployment } = stateSchema.parse(JSON.parse((await program.pulumi("stack", "export")).all));
    const found = deployment.resources.filter(({ type }) => type === "ica:index:Workspace");
    return {
      ids: found.map(({ id }) => id),
      pending: deployment.pending_operations ?? [],
      text: JSON.stringify(found),
    };
  }

  /** Runs a command, presses Ctrl-C once it has come to the step, and returns what it said. */
  async function cancelled({ what, command, stalled, held, says }: Step): Promise<void> {
    const { bench, pretended } = workspaces;
    const release = held === "starts" ? pretended.holdStarts() : held === "stops" ? pretended.holdStops() : undefined;
    if (stalled !== undefined) {
      const { method, path: below } = stalled;
      const url = `/api/projects/${bench.projectId}/workspaces${below}`;
      await bench.order({ method, path: url, fault: { kind: "delay", ms: 600_000 } });
    }
    const going = held === "starts" ? "Starting" : "Stopping";
    const reached = async () =>
      held === undefined ? (await bench.happened()) > 0 : (await workspaces.list())[0]?.status === going;
    assert.match(await pressCtrlC(program, words(command), what, reached), says);
    await bench.takeOrders();
    release?.();
  }

  async function only() {
    const [first, ...others] = await workspaces.list();
    assert.ok(first !== undefined && others.length === 0, "there is one workspace");
    return first;
  }

  describe("at a creation", () => {
    let storageGb = 30;

    // Each with settings of its own: ICA would answer the creation of one that was deleted again.
    beforeEach(() => declare(++storageGb));
    afterEach(() => succeeds("destroy"));
    after(() => declare(20));

    const steps: readonly (Step & { readonly keeps: boolean })[] = [
      {
        what: "the call that creates",
        ...{ command: "up", stalled: { method: "POST", path: "" }, says: noAnswer, keeps: false },
        writes: ["POST", ":start"],
      },
      {
        what: "the wait for Running",
        ...{ command: "up", held: "starts", says: /in the wait for workspace "genomics" to be Running/, keeps: true },
        writes: ["POST", ":start"],
      },
    ];
    for (const step of steps) {
      it(`${step.what}: over within two seconds, and the next up continues`, async () => {
        workspaces.takeVerbs();
        await cancelled(step);
        const kept = await state();
        assert.deepEqual(kept.pending, []);
        assert.deepEqual(kept.ids, step.keeps ? [(await only()).id] : []);
        await succeeds("up");
        assert.equal((await only()).status, "Running");
        assert.deepEqual(workspaces.takeVerbs(), step.writes);
      });
    }

    it("keeps the id when the answer comes a second after Ctrl-C", async () => {
      const { bench } = workspaces;
      workspaces.takeVerbs();
      const url = `/api/projects/${bench.projectId}/workspaces`;
      await bench.order({ method: "POST", path: url, fault: { kind: "delay", ms: 1200 } });
      const run = program.start(...words("up"));
      await until("the workspace is being created", async () => (await bench.happened()) > 0);
      run.interrupt();
      assert.notEqual(await run.ended, 0);
      await bench.takeOrders();
      assert.deepEqual((await state()).ids, [(await only()).id], run.said);
      await succeeds("up");
      assert.deepEqual(workspaces.takeVerbs(), ["POST", ":start"]);
    });

    it("is not needed with customTimeouts: the handler's own message, the id kept, the limit not in the state", async () => {
      const release = workspaces.pretended.holdStarts();
      program.env.LIMIT = "3s";
      const { code, all } = await program.pulumi(...words("up"));
      delete program.env.LIMIT;
      release();
      assert.notEqual(code, 0);
      assert.match(all, /workspace "genomics" is Starting, not Running, after 3s\. It stays in the state/);
      const { ids, text } = await state();
      assert.deepEqual(ids, [(await only()).id]);
      assert.doesNotMatch(text, /limit|timeouts/i);
    });
  });

  describe("at a workspace that runs", () => {
    let round = 0;

    before(() => succeeds("up"));

    const one = { POST: (verb: string) => ({ method: "POST", path: `/*:${verb}` }) as const };
    const inWait = (words: string) => new RegExp(`in the wait for ${words}`);
    const steps: readonly Step[] = [
      { what: "a restart's stop", command: "up", stalled: one.POST("stop"), says: noAnswer, writes: changed },
      {
        ...{ what: "a restart's wait for Stopped", command: "up", held: "stops", writes: changed },
        says: inWait('workspace "genomics" to be Stopped'),
      },
      { what: "the change", command: "up", stalled: { method: "PUT", path: "/*" }, says: noAnswer, writes: changed },
      { what: "a restart's start", command: "up", stalled: one.POST("start"), says: noAnswer, writes: changed },
      {
        ...{ what: "a restart's wait for Running", command: "up", held: "starts", writes: changed },
        says: inWait('workspace "genomics" to be Running'),
      },
      {
        what: "a preview",
        command: "preview",
        stalled: { method: "GET", path: "/*" },
        says: noAnswer,
        writes: changed,
      },
      {
        what: "a refresh",
        command: "refresh",
        stalled: { method: "GET", path: "/*" },
        says: noAnswer,
        writes: changed,
      },
    ];
    for (const step of steps) {
      it(`${step.what}: over within two seconds, the id kept, and the next up continues`, async () => {
        const { id } = await only();
        program.env.IMAGE = workspaces.images[round++ % 2 === 0 ? "second" : "first"];
        workspaces.takeVerbs();
        await cancelled(step);
        assert.deepEqual(await state().then(({ ids, pending }) => ({ ids, pending })), { ids: [id], pending: [] });
        await succeeds("up");
        const live = await only();
        assert.deepEqual([live.id, live.status, live.imageId], [id, "Running", program.env.IMAGE]);
        assert.deepEqual(workspaces.takeVerbs(), step.writes);
      });
    }
  });

  describe("at a destroy", () => {
    beforeEach(() => succeeds("up"));

    const steps: readonly Step[] = [
      {
        ...{ what: "its stop", command: "destroy", stalled: { method: "POST", path: "/*:stop" }, says: noAnswer },
        writes: [":stop", ":delete"],
      },
      {
        ...{ what: "its wait for Stopped", command: "destroy", held: "stops" },
        ...{ says: /in the wait for workspace "genomics" to be Stopped/, writes: [":stop", ":delete"] },
      },
      {
        ...{ what: "its deletion", command: "destroy", stalled: { method: "POST", path: "/*:delete" }, says: noAnswer },
        writes: [":stop", ":delete"],
      },
      {
        ...{ what: "its look whether it is gone", command: "destroy", stalled: { method: "GET", path: "" } },
        ...{ says: noAnswer, writes: [":stop", ":delete"] },
      },
    ];
    for (const step of steps) {
      it(`${step.what}: over within two seconds, and the next destroy continues`, async () => {
        workspaces.takeVerbs();
        await cancelled(step);
        assert.equal((await state()).ids.length, 1, "the id stays until ICA says that it is gone");
        await succeeds("destroy");
        assert.deepEqual(await workspaces.list(), []);
        assert.deepEqual(workspaces.takeVerbs(), step.writes);
      });
    }
  });
});
