import assert from "node:assert/strict";
import { PartialError } from "../../../provider/handler";
import { workspaceHandler as handler } from "../../../provider/workspace/handler";
import { stateOf } from "../../../provider/workspace/state";
import { projectId } from "../../support/context";
import { eachBench, type Scripted } from "../../support/each/each-bench";
import { liveWorkspace, workspaceInputs } from "../../support/factories";
import { ok } from "../../support/servers/scripted-server";

const one = `/api/projects/${projectId}/workspaces/ws-1`;

describe("the time that a workspace's change may take", () => {
  let server: Scripted["server"];
  let bench: Scripted["bench"];
  let context: Scripted["context"];
  let status: string;
  let stoppingSince: number;

  eachBench((scripted) => {
    ({ server, bench, context } = scripted);
    bench.has({ status: "Running" });
    status = "Running";
    // A stop takes 50 seconds, and a start never ends.
    server.on("POST", `${one}:stop`, () => {
      [status, stoppingSince] = ["Stopping", context.clock.now()];
      return { status: 204 };
    });
    server.on("POST", `${one}:start`, () => {
      status = "Starting";
      return { status: 204 };
    });
    server.on("GET", one, () => {
      if (status === "Stopping" && context.clock.now() - stoppingSince >= 50_000) status = "Stopped";
      return ok(liveWorkspace({ status }));
    });
  });

  it("is one limit for its stop and its start together", async () => {
    const declared = workspaceInputs({ desiredState: "running", allowRestart: true, timeouts: { update: "1m" } });
    const state = stateOf(liveWorkspace({ status: "Running" }), declared);
    const start = context.clock.now();
    const next = { ...declared, image: "image-2" };
    await assert.rejects(handler.update(context, "ws-1", state, next), (error: unknown) => {
      assert.ok(error instanceof PartialError);
      assert.match(error.message, /is Starting, not Running/);
      return true;
    });
    assert.equal(context.clock.now() - start, 60_000);
  });

  it("ends before a delete that could not stop it: it stays", async () => {
    const declared = workspaceInputs({ desiredState: "running", timeouts: { delete: "40s" } });
    const state = stateOf(liveWorkspace({ status: "Running" }), declared);
    const start = context.clock.now();
    await assert.rejects(handler.delete(context, "ws-1", state), /is Stopping, not Stopped, after 40s/);
    assert.equal(context.clock.now() - start, 40_000);
    assert.equal(server.count("POST", `${one}:delete`), 0);
  });
});
