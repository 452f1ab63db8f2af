import { strict as assert } from "node:assert";
import { setTimeout as delay } from "node:timers/promises";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../../sdk/index";
import { describeBoth } from "../adapters";
import { type Live, listen, WorkspaceBench } from "./workspaces";

const count = 50;

/** How a workspace is found when the new version of its image comes. */
const kinds = ["of people, runs", "of people, stopped", "to run", "to be stopped", "of people, restless"] as const;
type Kind = (typeof kinds)[number];

const names = Array.from({ length: count }, (_, i) => `w${i}`);
const kindOf = (name: string): Kind => kinds[Number(name.slice(1)) % kinds.length] ?? kinds[0];
const thatAre = (...which: readonly Kind[]) => names.filter((name) => which.includes(kindOf(name)));

describeBoth('a new image for 50 workspaces, with whileRunning: "defer"', function (adapter) {
  this.timeout(300_000);
  let workspaces: WorkspaceBench;
  let stack: Stack;
  let image: string;

  before(async () => {
    workspaces = await WorkspaceBench.start(adapter);
    image = workspaces.images.first;
    stack = await workspaces.stack("rollout", async (served) => {
      const made = names.map((name) => {
        const kind = kindOf(name);
        const desiredState =
          kind === "to run"
            ? { desiredState: "running" as const }
            : kind === "to be stopped"
              ? { desiredState: "stopped" as const }
              : {};
        const args = { ...workspaces.genomics(), name, image, ...desiredState, whileRunning: "defer" as const };
        return [name, new ica.Workspace(name, args, served).pendingChanges] as const;
      });
      return Object.fromEntries(made);
    });
    await stack.up({ parallel: 32 });
    const made = await byName();
    for (const name of thatAre("of people, runs")) await workspaces.press(made.get(name)?.id ?? "", "start");
    await stack.refresh();
    workspaces.takeWrites();
  });

  after(async () => {
    await workspaces?.close();
  });

  const byName = async () => new Map((await workspaces.list()).map((live) => [live.name, live]));
  const pending = async () => {
    const outputs = await stack.outputs();
    return names.filter((name) => outputs[name]?.value !== undefined);
  };

  /** A person who starts and stops these workspaces until told to go. */
  function restless(which: readonly string[], live: ReadonlyMap<string, Live>): () => Promise<void> {
    let goes = false;
    const all = which.map(async (name, index) => {
      const id = live.get(name)?.id ?? "";
      await delay(index * 37);
      for (let verb: "start" | "stop" = "start"; !goes; verb = verb === "start" ? "stop" : "start") {
        // Refused when the workspace is just being changed.
        await workspaces.byHand("POST", `/${id}:${verb}`);
        await delay(150 + index * 41);
      }
    });
    return async () => {
      goes = true;
      await Promise.all(all);
    };
  }

  it("says in preview which wait, and writes nothing", async () => {
    image = workspaces.images.second;
    const { told, onEvent } = listen();
    await stack.preview({ onEvent, color: "never", parallel: 32 });
    for (const name of names) {
      const { ops, messages } = told(name);
      assert.deepEqual(ops, ["update"], name);
      const waits = thatAre("of people, runs", "to run").includes(name);
      assert.equal(/pending: the workspace runs/.test(messages.join()), waits, `${name}: ${messages.join()}`);
    }
    assert.deepEqual(workspaces.takeWrites(), []);
  });

  it("disturbs nobody: up succeeds, starts and stops nothing, and says who is behind", async () => {
    const before = await byName();
    const gone = restless(thatAre("of people, restless"), before);
    const { stdout } = await stack.up({ color: "never", parallel: 32 }).finally(gone);
    const ids = new Map([...before].map(([name, { id }]) => [id, name]));
    const byUp = workspaces
      .takeWrites()
      .filter(({ id }) => !thatAre("of people, restless").includes(ids.get(id) ?? ""));
    assert.deepEqual(
      byUp.map(({ verb, id }) => [verb, ids.get(id)]).sort(),
      thatAre("of people, stopped", "to be stopped")
        .map((name) => ["PUT", name])
        .sort(),
    );
    assert.match(stdout, /pending: the workspace runs, and is left as it is until people have stopped it/);
    const now = await byName();
    const behind = names.filter((name) => now.get(name)?.imageId === workspaces.images.first);
    assert.deepEqual(await pending(), behind, "the output lists those that have the old image, and no other");
    for (const name of thatAre("of people, runs", "to run")) {
      assert.ok(behind.includes(name), name);
      assert.equal(now.get(name)?.status, "Running", name);
    }
  });

  it("is pending after that, and no drift: a preview with refresh has no change for those that still run", async () => {
    for (const name of thatAre("of people, restless")) {
      const live = (await byName()).get(name);
      if (live?.status === "Stopped") await workspaces.press(live.id, "start");
    }
    const { told, onEvent } = listen();
    await stack.preview({ refresh: true, onEvent, color: "never", parallel: 32 });
    for (const name of await pending()) {
      const { ops, messages } = told(name);
      assert.deepEqual([...new Set(ops.filter((op) => op !== "refresh"))], ["same"], name);
      assert.match(messages.join(), /is still left as it is/, name);
    }
  });

  it("is complete at the next up after people have stopped them", async () => {
    for (const { id, status } of await workspaces.list()) if (status === "Running") await workspaces.press(id, "stop");
    workspaces.takeWrites();
    await stack.up({ color: "never", refresh: true, parallel: 32 });
    const now = await byName();
    for (const name of names) {
      assert.equal(now.get(name)?.imageId, workspaces.images.second, name);
      assert.equal(now.get(name)?.status, kindOf(name) === "to run" ? "Running" : "Stopped", name);
    }
    assert.deepEqual(await pending(), []);
    const { summary } = await stack.up({ color: "never", parallel: 32 });
    assert.deepEqual(Object.keys(summary.resourceChanges ?? {}), ["same"]);
  });
});
