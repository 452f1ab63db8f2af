import { strict as assert } from "node:assert";
import { z } from "zod";
import { until } from "../../support/until";
import { CliProgram, type Running } from "../program/cli-program";
import { type Live, WorkspaceBench } from "../workspaces/workspaces";

const stateSchema = z.object({
  deployment: z.object({
    resources: z.array(z.object({ type: z.string(), id: z.string().optional() })),
    pending_operations: z.array(z.object({ type: z.string() })).optional(),
  }),
});

describe("a wait for a workspace", function () {
  this.timeout(180_000);
  let workspaces: WorkspaceBench;
  let program: CliProgram;
  /** Lets the workspace start: until then it stays in Starting, however long the machine takes for its engines. */
  let letStart: () => void;

  before(function () {
    if (process.platform !== "linux") {
      this.skip();
    }
  });

  afterEach(async () => {
    await workspaces?.close();
    await program?.remove();
  });

  /** A workspace that does not start yet. */
  async function starting(timeouts = "{}"): Promise<void> {
    workspaces = await WorkspaceBench.start();
    letStart = workspaces.pretended.holdStarts();
    program = await CliProgram.create(
      workspaces.bench,
      `new ica.Workspace("slow", {
        image: "${workspaces.images.first}", resourceModel: "standard-small", storageGb: 20, access: { web: true },
        network: "public", desiredState: "running", timeouts: ${timeouts},
      });`,
    );
  }

  const up = ["up", "--yes", "--skip-preview", "--non-interactive", "--color", "never"] as const;
  const isStarting = async () => (await workspaces.list())[0]?.status === "Starting";

  async function only(): Promise<Live> {
    const [first, ...others] = await workspaces.list();
    assert.ok(first !== undefined && others.length === 0, "there is one workspace");
    return first;
  }

  async function state() {
    const { deployment } = stateSchema.parse(JSON.parse((await program.pulumi("stack", "export")).all));
    const ids = deployment.resources.filter(({ type }) => type.endsWith("ica:Workspace")).map(({ id }) => id);
    return { ids, pending: deployment.pending_operations?.map(({ type }) => type) ?? [] };
  }

  /** Lets the workspace start once the command has said this, and waits for both. */
  async function startsAfter(said: RegExp, run: Running): Promise<void> {
    await until(`the up says ${said}`, () => said.test(run.said));
    letStart();
    assert.equal(await run.ended, 0, run.said);
    assert.equal((await only()).status, "Running");
  }

  it("that runs out keeps the id, and the next up continues to wait: nothing is created or started twice", async () => {
    await starting('{ create: "2s" }');
    const first = await program.pulumi(...up);
    assert.notEqual(first.code, 0);
    assert.match(first.all, /"cli-test-cli-slow" is Starting, not Running, after \d+s/);
    assert.match(first.all, /the next "pulumi up" continues to wait/);
    const { id } = await only();
    assert.deepEqual(await state(), { ids: [id], pending: [] });
    await startsAfter(/: Starting, \d+s/, program.start(...up));
    assert.deepEqual(workspaces.takeVerbs(), ["POST", ":start"]);
  });

  it("is finished at the first Ctrl-C, so that the state holds what is there", async () => {
    await starting();
    const run = program.start(...up);
    await until("the workspace is starting", isStarting);
    run.interrupt();
    await until("the engine has heard it", () => /press \^C again/.test(run.said));
    letStart();
    assert.notEqual(await run.ended, 0);
    assert.match(run.said, /update canceled/);
    const { id, status } = await only();
    assert.equal(status, "Running");
    assert.deepEqual(await state(), { ids: [id], pending: [] });
    await until("all its processes have ended", () => program.processes().length === 0, 15_000);
    assert.equal((await program.pulumi(...up)).code, 0);
    assert.deepEqual(workspaces.takeVerbs(), ["POST", ":start"]);
  });

  it("is left at the second Ctrl-C, and the next up adopts the workspace: nothing is created or started twice", async () => {
    await starting();
    const run = program.start(...up);
    await until("the workspace is starting", isStarting);
    run.interrupt();
    await until("the engine has heard it", () => /press \^C again/.test(run.said));
    run.interrupt();
    assert.notEqual(await run.ended, 0);
    assert.equal((await only()).status, "Starting", "the run did not wait for it");
    await until("all its processes have ended", () => program.processes().length === 0, 15_000);
    assert.deepEqual(await state(), { ids: [], pending: ["creating"] });
    await startsAfter(/adopting the workspace that exists already with these settings/, program.start(...up));
    const { id } = await only();
    assert.deepEqual((await state()).ids, [id]);
    assert.deepEqual(workspaces.takeVerbs(), ["POST", ":start", "POST"], "ICA answers the same key with the same one");
    // The engine keeps warning of operations whose end it did not see, until a refresh clears them.
    await program.pulumi("refresh", "--clear-pending-creates", "--yes", "--non-interactive");
    assert.deepEqual(await state(), { ids: [id], pending: [] });
  });
});
