import assert from "node:assert/strict";
import type { WorkspaceInputs } from "../../../../provider/workspace/inputs";
import { changesBetween, type Effect, effects } from "../../../../provider/workspace/plan/changes";
import { workspaceInputs } from "../../../support/factories";

interface Case {
  readonly change: Partial<WorkspaceInputs>;
  readonly effect: Effect;
  readonly before?: Partial<WorkspaceInputs>;
}

/** For every field at least one change, and what it has to do. */
const table: Readonly<Record<keyof WorkspaceInputs, readonly Case[]>> = {
  name: [{ change: { name: "other" }, effect: "in place" }],
  projectId: [{ change: { projectId: "other" }, effect: "replace" }],
  image: [{ change: { image: "image-2" }, effect: "restart" }],
  resourceModel: [{ change: { resourceModel: "standard-large" }, effect: "restart" }],
  storageGb: [
    { change: { storageGb: 65 }, effect: "in place" },
    { change: { storageGb: 63 }, effect: "replace" },
  ],
  access: [{ change: { access: { web: true, console: true } }, effect: "restart" }],
  network: [{ change: { network: "public" }, effect: "restart" }],
  allowedUrls: [
    { change: { allowedUrls: ["https://other.org"] }, effect: "restart" },
    { change: { allowedUrls: [] }, effect: "restart" },
  ],
  cluster: [
    { change: { cluster: { members: 2, managerWeb: false, dedicatedManager: false } }, effect: "restart" },
    {
      before: { cluster: { members: 2, managerWeb: false, dedicatedManager: false } },
      change: { cluster: undefined },
      effect: "restart",
    },
  ],
  ephemeralStorage: [
    { change: { ephemeralStorage: true }, effect: "restart" },
    { before: { ephemeralStorage: true }, change: { ephemeralStorage: undefined }, effect: "none" },
  ],
  users: [
    { change: { users: "multi" }, effect: "restart" },
    { before: { users: "multi" }, change: { users: undefined }, effect: "none" },
  ],
  desiredState: [
    { change: { desiredState: "running" }, effect: "run state" },
    { before: { desiredState: "running" }, change: { desiredState: "stopped" }, effect: "run state" },
    { before: { desiredState: "running" }, change: { desiredState: undefined }, effect: "none" },
  ],
  allowRestart: [{ change: { allowRestart: true }, effect: "none" }],
  whileRunning: [{ change: { whileRunning: "defer" }, effect: "none" }],
  allowDataLoss: [{ change: { allowDataLoss: true }, effect: "none" }],
  existingId: [
    { change: { existingId: "ws-9" }, effect: "replace" },
    { before: { existingId: "ws-8" }, change: { existingId: "ws-9" }, effect: "replace" },
    { before: { existingId: "ws-8" }, change: { existingId: undefined }, effect: "none" },
  ],
  timeouts: [{ change: { timeouts: { create: "5m" } }, effect: "none" }],
};

describe("a change of a workspace", () => {
  it("is settled for every field", () => {
    assert.deepEqual(Object.keys(table).sort(), Object.keys(effects).sort());
  });

  for (const [field, cases] of Object.entries(table)) {
    for (const { before = {}, change, effect } of cases) {
      it(`of ${field} to ${JSON.stringify(Object.values(change)[0])} has the effect "${effect}", and gives a reason`, () => {
        const old = workspaceInputs(before);
        const changes = changesBetween(old, { ...old, ...change });
        assert.deepEqual(
          changes.map((found) => [found.field, found.effect]),
          [[field, effect]],
        );
        assert.ok((changes[0]?.why ?? "").length > 10, "no reason is given");
      });
    }
  }

  it("is empty when existingId names the same workspace", () => {
    const old = { ...workspaceInputs(), workspaceId: "ws-1" };
    const effectsOf = (existingId: string) =>
      changesBetween(old, { ...workspaceInputs(), existingId }).map(({ effect }) => effect);
    assert.deepEqual(effectsOf("ws-1"), ["none"]);
    assert.deepEqual(effectsOf("ws-2"), ["replace"]);
  });

  it("is empty when nothing differs", () => {
    assert.deepEqual(changesBetween(workspaceInputs(), workspaceInputs()), []);
  });

  it("is empty between no list of URLs and an empty one", () => {
    const { allowedUrls: _, ...without } = workspaceInputs();
    assert.deepEqual(changesBetween(without, { ...without, allowedUrls: [] }), []);
    assert.deepEqual(changesBetween({ ...without, allowedUrls: [] }, without), []);
  });

  it("is empty when access is written in another order", () => {
    const old = workspaceInputs({ access: { web: true, console: false } });
    assert.deepEqual(changesBetween(old, { ...old, access: { console: false, web: true } }), []);
  });

  it("names every field that differs", () => {
    const old = workspaceInputs();
    const found = changesBetween(old, { ...old, name: "other", image: "image-2", storageGb: 10 });
    assert.deepEqual(
      found.map(({ field, effect }) => `${field}: ${effect}`),
      ["name: in place", "image: restart", "storageGb: replace"],
    );
  });
});
