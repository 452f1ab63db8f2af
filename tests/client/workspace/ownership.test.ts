import { strict as assert } from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Auth } from "../../../emulator/http/auth";
import { type Emulator, startEmulator } from "../../../emulator/server";
import { Store } from "../../../emulator/state/store";
import { workspaceHandler as handler } from "../../../provider/workspace/handler";
import type { WorkspaceInputs } from "../../../provider/workspace/inputs";
import { RefusedChange } from "../../../provider/workspace/plan/refused-change";
import { settingsOf } from "../../../provider/workspace/state";
import { contextFor, type TestContext } from "../../support/context";
import { workspaceInputs } from "../../support/factories";

const dynamic = "pulumi-nodejs:dynamic/ica:Workspace";
const plugin = "ica:index:Workspace";

describe("whose workspace it is, by the emulator", function () {
  this.timeout(60_000);
  let dir: string;
  let emulator: Emulator;
  let image: string;
  /** The key of another user of the same project. */
  let otherKey: string;

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-owner-"));
    otherKey = await (await Auth.open(new Store(path.join(dir, "store")), 60)).issueKey("another user");
    emulator = await startEmulator({ port: 0, dir, containers: false, transitionMs: 0 });
    const body = { url: "example.org/first:1", name: "first", version: "1", type: "BENCH" };
    image = (await call("POST", "/api/dockerImages:createExternal", body)).id;
  });

  afterEach(async () => {
    await emulator?.close();
    await rm(dir, { recursive: true, force: true });
  });

  async function call(method: string, url: string, body?: object): Promise<{ id: string }> {
    const answer = await fetch(`${emulator.url}/ica/rest${url}`, {
      method,
      headers: {
        "X-API-Key": emulator.apiKey ?? "",
        Accept: "application/vnd.illumina.v4+json",
        ...(body === undefined ? {} : { "Content-Type": "application/vnd.illumina.v4+json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    assert.ok(answer.ok, text);
    return text === "" ? { id: "" } : (JSON.parse(text) as { id: string });
  }

  /** One run of a resource: its own memory, as each run of the engine has. */
  function run({
    stack = "dev",
    project = "demo",
    type = dynamic,
    name = "genomics",
    apiKey = emulator.apiKey ?? "",
  } = {}): TestContext {
    const context = contextFor(`${emulator.url}/ica/rest`, { apiKey, projectId: emulator.projectId });
    return { ...context, urn: `urn:pulumi:${stack}::${project}::${type}::${name}` };
  }

  const declared = (more: Partial<WorkspaceInputs> = {}) =>
    workspaceInputs({ projectId: emulator.projectId, image, ...more });
  const create = (context: TestContext, more: Partial<WorkspaceInputs> = {}) => handler.create(context, declared(more));

  async function refused(context: TestContext, id: string, more: Partial<WorkspaceInputs> = {}): Promise<string> {
    let words = "";
    await assert.rejects(create(context, more), (error: unknown) => {
      assert.ok(error instanceof RefusedChange, String(error));
      words = error.message;
      return true;
    });
    assert.match(words, new RegExp(`with these settings \\(id ${id}\\).*/data is untouched`));
    assert.match(words, new RegExp(`existingId: "${id}" to take it over`));
    assert.deepEqual(await ids(), [id], "nothing was made or deleted");
    return words;
  }

  const ids = async () => (await run().client.workspaces.list(emulator.projectId)).map(({ id }) => id);

  it("is the stack's own when an earlier run created it: adopted, under a new name in the program, too", async () => {
    const { id } = await create(run());
    assert.equal((await create(run())).id, id);
    assert.equal((await create(run({ name: "renamed" }))).id, id);
    assert.deepEqual(await ids(), [id]);
  });

  for (const [what, owner] of [
    ["another stack", { stack: "prod" }],
    ["another Pulumi project", { project: "other" }],
    ["another type of the same stack", { type: plugin }],
  ] as const)
    it(`is not taken when ${what} created it`, async () => {
      const { id } = await create(run(owner));
      const words = await refused(run(), id);
      assert.match(words, /aliases: \[\{ type: "ica:index:Workspace" \}\]/);
    });

  it("is not taken when another user created it: another user's key is answered with nothing", async () => {
    const { id } = await create(run({ apiKey: otherKey }));
    await refused(run(), id);
  });

  it("is not taken when a person made it, until existingId names it", async () => {
    const { id } = await call("POST", `/api/projects/${emulator.projectId}/workspaces`, settingsOf(declared()));
    await refused(run(), id);
    assert.equal((await create(run(), { existingId: id })).id, id);
  });

  it("is created anew, and found again, after earlier ones with the same settings were deleted", async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 4; round++) {
      const { id, state } = await create(run());
      seen.add(id);
      assert.equal((await create(run())).id, id, `found in round ${round}`);
      await handler.delete(run(), id, state);
    }
    assert.equal(seen.size, 4);
  });

  it("is another one when the first was renamed: a stored answer does not take the renamed one", async () => {
    const { id, state } = await create(run());
    await handler.update(run(), id, state, declared({ name: "renamed" }));
    const second = await create(run({ name: "second" }));
    assert.notEqual(second.id, id);
    assert.deepEqual((await ids()).sort(), [id, second.id].sort());
  });

  it("goes to one of two stacks that create it at the same moment, and the other is refused", async () => {
    const both = await Promise.allSettled([create(run()), create(run({ stack: "prod" }))]);
    const [won] = both.filter((one) => one.status === "fulfilled");
    const [lost] = both.filter((one) => one.status === "rejected");
    assert.deepEqual(await ids(), [won?.value.id]);
    assert.match(String(lost?.reason), /with these settings/);
  });

  describe("within one run", () => {
    it("is the stack's own when the engine showed its state, even if ICA does not confirm it", async () => {
      const made = await create(run(), { storageGb: 20 });
      const state = await handler.update(run(), made.id, made.state, declared());
      await refused(run(), made.id);
      for (const show of [
        (context: TestContext) => handler.diff(context, made.id, state, declared()),
        (context: TestContext) => handler.read(context, made.id, { ...state }),
      ]) {
        const context = run();
        await show(context);
        assert.equal((await create(context)).id, made.id);
      }
    });

    it("is not the stack's own when the program only reads it, with Pulumi's option id", async () => {
      const made = await create(run(), { storageGb: 20 });
      await handler.update(run(), made.id, made.state, declared());
      const context = run();
      await handler.read(context, made.id, declared());
      await refused(context, made.id);
    });
  });

  describe("that two resources of a state hold, because a run ended between adoption and deletion", () => {
    async function heldTwice() {
      const old = await create(run());
      const now = await create(run({ name: "renamed" }));
      assert.equal(now.id, old.id);
      return { id: old.id, old: old.state, now: now.state };
    }

    it("is kept when the next run deletes the old one, also when both have one URN", async () => {
      const { id, old, now } = await heldTwice();
      const context = run();
      assert.deepEqual(await handler.diff(context, id, now, declared()), { kind: "unchanged" });
      await handler.delete(context, id, old);
      assert.match(context.log.warnings.join(), /^kept, and so is its \/data/);
      assert.deepEqual(await ids(), [id]);
    });

    it("is still kept after an update and a refresh, which leave the mark in the state", async () => {
      const { id, old, now } = await heldTwice();
      const updated = await handler.update(run(), id, now, declared({ resourceModel: "standard-large" }));
      const read = await handler.read(run(), id, { ...updated });
      assert.ok(read?.state.adoption !== undefined && read.state.adoption === now.adoption);
      const context = run();
      await handler.diff(context, id, read.state, declared());
      await handler.delete(context, id, old);
      assert.deepEqual(await ids(), [id]);
    });

    it("is deleted with the last of them, after a refresh that showed both", async () => {
      const { id, old, now } = await heldTwice();
      const context = run();
      for (const state of [old, now]) await handler.read(context, id, { ...state });
      await handler.delete(context, id, now);
      assert.deepEqual(await ids(), [id]);
      await handler.delete(context, id, old);
      assert.deepEqual(await ids(), []);
    });

    it("is deleted by a replacement of the one that is left", async () => {
      const { id, now } = await heldTwice();
      const context = run();
      await handler.diff(context, id, now, declared({ storageGb: 10 }));
      await handler.delete(context, id, now);
      assert.deepEqual(await ids(), []);
    });
  });
});
