import assert from "node:assert/strict";
import { IcaError } from "../../../provider/ica/transport/error";
import { workspaceHandler as handler } from "../../../provider/workspace/handler";
import type { WorkspaceState } from "../../../provider/workspace/state";
import { contextFor, projectId } from "../../support/context";
import { eachBench, type Scripted } from "../../support/each/each-bench";
import { liveWorkspace, workspaceInputs } from "../../support/factories";
import { partialOf } from "../../support/partial";
import { ok, problem } from "../../support/servers/scripted-server";

const collection = `/api/projects/${projectId}/workspaces`;

describe("a workspace that ICA has made", () => {
  let server: Scripted["server"];
  let bench: Scripted["bench"];
  let context: Scripted["context"];

  eachBench((scripted) => {
    ({ server, bench, context } = scripted);
  });

  /** ICA makes it, and answers so. */
  const answering = (answer: ReturnType<typeof problem> | "reset") =>
    server.on("POST", collection, () => {
      bench.has({ id: "made-1" });
      return answer;
    });

  it("is kept when the answer has an id but otherwise an unexpected form", async () => {
    answering({ status: 201, body: { id: "made-1", state: "STOPPED" } });
    const { id, state } = await handler.create(context, workspaceInputs());
    assert.equal(id, "made-1");
    assert.equal(state.status, "Stopped");
  });

  it("is kept when no answer has the expected form: the error names the field, and does not claim that there is none", async () => {
    answering({ status: 201, body: { id: "made-1", state: "STOPPED" } });
    server.on("GET", `${collection}/made-1`, ok({ id: "made-1", state: "STOPPED" }));
    const error = await partialOf<WorkspaceState>(handler.create(context, workspaceInputs()));
    assert.equal(error.id, "made-1");
    assert.equal(error.state.status, "Unknown");
    assert.match(error.message, /name: .*expected string.*imageId/);
  });

  for (const [what, answer] of [
    ["is lost in every try", "reset"],
    ["has neither an id nor anything else", { status: 201, body: "<html>" }],
    ["is a fault", problem(503, "Busy")],
  ] as const) {
    it(`is taken when the answer ${what}`, async () => {
      answering(answer);
      const { id } = await handler.create(context, workspaceInputs());
      assert.equal(id, "made-1");
      assert.match(context.log.lines.join(), /created, though ICA's answer was another: POST/);
      assert.ok(server.calls("POST", collection).length <= 12, "it does not ask for ever");
    });
  }

  it("is waited for while ICA says that the first call with its key is still running", async () => {
    let calls = 0;
    server.on("POST", collection, () => {
      const made = bench.has({ id: "made-1" });
      return ++calls < 3 ? problem(409, "The first call with this key is still running") : { status: 201, body: made };
    });
    assert.equal((await handler.create(context, workspaceInputs())).id, "made-1");
    assert.equal(calls, 3);
  });

  it("is the only one, although ICA answers for a moment that it does not have it", async () => {
    let hidden = 0;
    server.on("POST", collection, () => {
      if (bench.workspaces.size > 0) return problem(409, "The name is taken");
      hidden = 2;
      return { status: 201, body: bench.has({ id: "made-1" }) };
    });
    for (const [path, missing] of [
      [`${collection}/made-1`, problem(404, "No such workspace")],
      [collection, ok({ items: [], totalItemCount: 0 })],
    ] as const)
      server.on("GET", path, () => {
        const [live] = bench.workspaces.values();
        if (live === undefined || hidden-- > 0) return missing;
        return ok(path === collection ? { items: [live], totalItemCount: 1 } : live);
      });
    assert.equal((await handler.create(context, workspaceInputs())).id, "made-1");
    assert.equal(server.calls("POST", collection).length, 2);
  });

  it("belongs to another user when its settings differ: then the answer is the error", async () => {
    server.on("POST", collection, () => {
      bench.has({ id: "theirs", storageSizeInGb: 500 });
      return problem(409, "The name is taken");
    });
    await assert.rejects(handler.create(context, workspaceInputs()), /The name is taken/);
  });

  it("has the name of one that ICA is deleting, once that is gone", async () => {
    bench.has({ status: "Deleting" });
    let looks = 0;
    server.on("GET", `${collection}/ws-1`, () => {
      if (++looks < 3) return ok(liveWorkspace({ status: "Deleting" }));
      bench.workspaces.delete("ws-1");
      return problem(404, "Gone");
    });
    assert.equal((await handler.create(context, workspaceInputs())).id, "made-1");
    assert.equal(looks, 3);
  });

  it("is not looked for when ICA refused it", async () => {
    server.on("POST", collection, problem(400, "No such size"));
    await assert.rejects(handler.create(context, workspaceInputs()), /No such size/);
    assert.equal(server.calls("GET", collection).length, 1);
  });

  it("is refused when another client makes it between the look and the call", async () => {
    server.on("POST", collection, () => {
      bench.has({ id: "theirs" });
      return problem(409, "The name is taken");
    });
    await assert.rejects(
      handler.create(context, workspaceInputs()),
      /exists in this project with these settings \(id theirs\)/,
    );
  });

  it("is this stack's when ICA allows a name twice; the other one is untouched", async () => {
    bench.has({ id: "theirs" });
    server.on("POST", collection, () => ({ status: 201, body: bench.has({ id: "made-1" }) }));
    assert.equal((await handler.create(context, workspaceInputs())).id, "made-1");
    assert.match(context.log.warnings.join(), /two workspaces named "genomics" now.*\(id theirs\) is untouched/);
    assert.deepEqual(bench.written, ["create"]);
  });

  it("is created anew however many were deleted; after 20 of them, what an interrupted run created is refused", async () => {
    for (let round = 0; round < 20; round++) {
      const { id, state } = await handler.create(contextFor(server.baseUrl), workspaceInputs());
      const isLast = round === 19;
      if (isLast) assert.equal((await handler.create(contextFor(server.baseUrl), workspaceInputs())).id, id);
      await handler.delete(context, id, state);
    }
    const { id } = await handler.create(context, workspaceInputs());
    assert.deepEqual([...bench.workspaces.keys()], [id]);
    await assert.rejects(handler.create(contextFor(server.baseUrl), workspaceInputs()), /ICA does not confirm/);
  });

  it("keeps the mark of its adoption when a later step fails", async () => {
    await handler.create(context, workspaceInputs());
    bench.afterStart = [{ status: "Starting" }];
    const inputs = workspaceInputs({ desiredState: "running", timeouts: { create: "1m", update: "1m" } });
    const { id, state } = await partialOf<WorkspaceState>(handler.create(contextFor(server.baseUrl), inputs));
    assert.ok(state.adoption !== undefined);
    const again = await partialOf<WorkspaceState>(handler.update(context, id, state, inputs));
    assert.equal(again.state.adoption, state.adoption);
  });

  it("is found by its name also when ICA ignores the filter, however many there are", async () => {
    for (let n = 0; n < 60; n++) bench.has({ id: `other-${n}`, name: `other ${n}` });
    const { id } = await handler.create(context, workspaceInputs());
    server.on("GET", collection, ({ query }) => {
      const all = [...bench.workspaces.values()];
      const offset = Number(query.pageOffset ?? 0);
      return ok({ items: all.slice(offset, offset + 25), totalItemCount: all.length });
    });
    assert.equal((await handler.create(context, workspaceInputs())).id, id);
    assert.match(context.log.lines.join(), /adopting the workspace that exists already/);
  });

  it("may have changed when a write gets an unexpected answer: only a read shows that nothing did", async () => {
    const { client } = context;
    server.on("PUT", `${collection}/ws-1`, ok({ id: 7 }));
    server.on("GET", `${collection}/ws-1`, ok({ id: 7 }));
    const { id: _, status: __, ...settings } = liveWorkspace();
    const words = (error: unknown) => (error instanceof IcaError ? error.message : "");
    await assert.rejects(client.workspaces.update(projectId, "ws-1", settings, undefined), (error) =>
      /may have been done all the same/.test(words(error)),
    );
    await assert.rejects(client.workspaces.get(projectId, "ws-1"), (error) => /Nothing was changed/.test(words(error)));
  });
});

describe("two resources of one program that declare the same workspace", () => {
  let context: Scripted["context"];
  let bench: Scripted["bench"];
  eachBench((scripted) => {
    ({ context, bench } = scripted);
  });

  const args = ({ allowRestart: _, allowDataLoss: __, ...declared } = workspaceInputs()) => ({ ...declared });
  const check = async (urn: string, overrides: object = {}) =>
    (await handler.check({ ...context, urn }, { ...args(), ...overrides }, undefined)).failures;

  it("are refused in preview, at the name, with the other one's URN", async () => {
    assert.deepEqual(await check("urn:a"), []);
    const [failure] = await check("urn:b");
    assert.equal(failure?.property, "name");
    assert.match(failure?.reason ?? "", /"genomics" is declared by urn:a too/);
  });

  it("are not reported when names or projects differ, or for one resource that is checked twice or renames itself", async () => {
    for (const [urn, overrides] of [
      ["urn:a", {}],
      ["urn:a", {}],
      ["urn:b", { name: "other" }],
      ["urn:c", { projectId: "22222222-2222-4222-8222-222222222222" }],
      ["urn:a", { name: "third" }],
      ["urn:d", {}],
    ] as const)
      assert.deepEqual(await check(urn, overrides), [], `${urn} ${JSON.stringify(overrides)}`);
    assert.deepEqual(bench.written, []);
  });
});
