import { strict as assert } from "node:assert";
import { z } from "zod";
import { until } from "../support/until";
import { startTestBench, type TestBench } from "./bench";
import { CliProgram } from "./cli-program";
import { type Listed, listAll, makeImage } from "./fleet";

const stateSchema = z.object({
  deployment: z.object({
    resources: z.array(z.object({ type: z.string(), id: z.string().optional() })),
    pending_operations: z.array(z.object({ type: z.string() })).optional(),
  }),
});

describe("a wait for a workspace", function () {
  this.timeout(180_000);
  let bench: TestBench;
  let program: CliProgram;

  before(function () {
    if (process.platform !== "linux") {
      this.skip();
    }
  });

  afterEach(async () => {
    await bench?.close();
    await program?.remove();
  });

  /** A workspace whose start takes so many milliseconds. */
  async function starting(transitionMs: number, timeouts = "{}"): Promise<void> {
    bench = await startTestBench({ containers: false, transitionMs });
    const image = await makeImage(bench);
    program = await CliProgram.create(
      bench,
      `new ica.Workspace("slow", {
        image: "${image}", resourceModel: "standard-small", storageGb: 20, access: { web: true },
        network: "public", desiredState: "running", timeouts: ${timeouts},
      });`,
    );
  }

  const up = ["up", "--yes", "--skip-preview", "--non-interactive", "--color", "never"] as const;
  const isStarting = async () => (await listAll(bench))[0]?.status === "Starting";

  async function only(): Promise<Listed> {
    const [first, ...others] = await listAll(bench);
    assert.ok(first !== undefined && others.length === 0, "there is one workspace");
    return first;
  }

  async function state() {
    const { deployment } = stateSchema.parse(JSON.parse((await program.pulumi("stack", "export")).all));
    const ids = deployment.resources.filter(({ type }) => type.endsWith("ica:Workspace")).map(({ id }) => id);
    return { ids, pending: deployment.pending_operations?.map(({ type }) => type) ?? [] };
  }

  const writes = () => {
    const all = bench.calls.take().filter(({ method, path }) => method === "POST" && path.includes("/workspaces"));
    return all.map(({ path }) => path.split(":")[1] ?? "create");
  };

  it("that runs out keeps the id, and the next up goes on waiting: nothing is made or started twice", async () => {
    // Long enough for a busy machine to come to the second up.
    await starting(30_000, '{ create: "2s" }');
    const first = await program.pulumi(...up);
    assert.notEqual(first.code, 0);
    assert.match(first.all, /"cli-test-cli-slow" is Starting, not Running, after \d+s/);
    assert.match(first.all, /the next "pulumi up" goes on waiting/);
    const { id } = await only();
    assert.deepEqual(await state(), { ids: [id], pending: [] });
    const second = await program.pulumi(...up);
    assert.equal(second.code, 0, second.all);
    assert.match(second.all, /: Starting, \d+s/, "it tells state and elapsed time");
    assert.equal((await only()).status, "Running");
    assert.deepEqual(writes(), ["create", "start"]);
  });

  it("is finished at the first Ctrl-C, so that the state holds what is there", async () => {
    await starting(5000);
    const run = program.start(...up);
    await until("the workspace is starting", isStarting);
    run.interrupt();
    assert.notEqual(await run.ended, 0);
    assert.match(run.said, /press \^C again/);
    assert.match(run.said, /update canceled/);
    const { id, status } = await only();
    assert.equal(status, "Running");
    assert.deepEqual(await state(), { ids: [id], pending: [] });
    await until("every process of it has ended", () => program.processes().length === 0, 15_000);
    assert.equal((await program.pulumi(...up)).code, 0);
    assert.deepEqual(writes(), ["create", "start"]);
  });

  it("is left at the second Ctrl-C, and the next up takes the workspace over: nothing is made or started twice", async () => {
    await starting(12_000);
    const run = program.start(...up);
    await until("the workspace is starting", isStarting);
    run.interrupt();
    await until("the engine has heard it", () => /press \^C again/.test(run.said));
    run.interrupt();
    assert.notEqual(await run.ended, 0);
    assert.equal((await only()).status, "Starting", "nobody waited for it");
    await until("every process of it has ended", () => program.processes().length === 0, 15_000);
    assert.deepEqual(await state(), { ids: [], pending: ["creating"] });
    const next = await program.pulumi(...up);
    assert.equal(next.code, 0, next.all);
    assert.match(next.all, /exists already with these settings, and is taken over/);
    const { id, status } = await only();
    assert.equal(status, "Running");
    assert.deepEqual((await state()).ids, [id]);
    assert.deepEqual(writes(), ["create", "start"]);
    // The engine goes on warning of what it did not see the end of, until it is told.
    await program.pulumi("refresh", "--clear-pending-creates", "--yes", "--non-interactive");
    assert.deepEqual(await state(), { ids: [id], pending: [] });
  });
});
