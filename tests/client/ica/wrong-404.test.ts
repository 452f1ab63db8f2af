import assert from "node:assert/strict";
import { benchImageHandler } from "../../../provider/bench-image/handler";
import { archivePath, archiveTags } from "../../../provider/bench-image/identity";
import { findImage } from "../../../provider/bench-image/lookup";
import { stateOf as imageStateOf } from "../../../provider/bench-image/state";
import { PartialError } from "../../../provider/handler";
import { IcaError } from "../../../provider/ica/transport/error";
import { workspaceHandler as handler } from "../../../provider/workspace/handler";
import { findWorkspace } from "../../../provider/workspace/lookup";
import { stateOf } from "../../../provider/workspace/state";
import { projectId } from "../../support/context";
import { eachBench, type Scripted } from "../../support/each/each-bench";
import { eachImage, type ScriptedImages } from "../../support/each/each-image";
import { dockerImage, imageInputs, liveWorkspace, workspaceInputs } from "../../support/factories";
import { ok, problem, type ScriptedServer } from "../../support/servers/scripted-server";

const collection = `/api/projects/${projectId}/workspaces`;
const one = `${collection}/ws-1`;

/** Answers the next call wrongly with 404, and later ones as before. */
function wrongOnce(server: ScriptedServer, method: "GET" | "POST", path: string, then: () => ReturnType<typeof ok>) {
  let calls = 0;
  server.on(method, path, () => (calls++ === 0 ? problem(404, "Not found") : then()));
}

describe("one wrong 404", () => {
  describe("about a workspace", () => {
    let server: Scripted["server"];
    let bench: Scripted["bench"];
    let context: Scripted["context"];
    eachBench((scripted) => {
      ({ server, bench, context } = scripted);
    });

    const inputs = workspaceInputs();
    const state = stateOf(liveWorkspace(), inputs);
    const wrongLook = () =>
      wrongOnce(server, "GET", one, () => {
        const live = bench.workspaces.get("ws-1");
        return live === undefined ? problem(404, "Gone") : ok(live);
      });

    it("does not count as deleted in a destroy: the workspace is deleted", async () => {
      bench.has();
      wrongLook();
      await handler.delete(context, "ws-1", state);
      assert.deepEqual(bench.written, ["delete"]);
      assert.equal(bench.workspaces.size, 0);
    });

    it("does not end a wait for its deletion", async () => {
      bench.has();
      server.on("POST", `${one}:delete`, () => {
        bench.has({ status: "Deleting" });
        let looks = 0;
        server.on("GET", one, () => {
          if (++looks === 4) bench.workspaces.clear();
          return looks === 2 || looks > 3 ? problem(404, "Not found") : ok(liveWorkspace({ status: "Deleting" }));
        });
        return { status: 204 };
      });
      await handler.delete(context, "ws-1", state);
      assert.equal(server.count("GET", one), 5, "one before, four after");
    });

    it("does not take it out of the stack in a refresh", async () => {
      bench.has({ storageSizeInGb: 100 });
      wrongLook();
      assert.equal((await handler.read(context, "ws-1", state))?.inputs.storageGb, 100);
    });

    it("does not lose the id of one that was just made", async () => {
      server.on("GET", `${collection}/made-1`, problem(404, "Not found"));
      server.on("POST", `${collection}/made-1:start`, problem(403, "No start"));
      await assert.rejects(
        handler.create(context, workspaceInputs({ desiredState: "running" })),
        (error: unknown) => error instanceof PartialError && error.id === "made-1" && /No start/.test(error.message),
      );
    });

    it("does not end a change, nor a look-up by its id", async () => {
      bench.has();
      wrongLook();
      await handler.update(context, "ws-1", state, workspaceInputs({ storageGb: 100 }));
      assert.deepEqual(bench.written, ["update"]);
      wrongLook();
      const found = await findWorkspace(context.client.workspaces, projectId, { workspaceId: "ws-1" });
      assert.equal(found.workspaceId, "ws-1");
    });

    it("is an error when the list cannot be read, or has it in an unknown form: the state stays", async () => {
      bench.has();
      server.on("GET", one, problem(404, "Not found"));
      server.on("GET", collection, ok({ items: [{ id: "ws-1", name: "genomics" }], totalItemCount: 1 }));
      for (const step of ["read", "delete"] as const)
        await assert.rejects(handler[step](context, "ws-1", state), /ICA contradicts itself: GET .* counts as there/);
      server.on("GET", collection, problem(403, "Not for you"));
      for (const step of ["read", "delete"] as const)
        await assert.rejects(
          handler[step](context, "ws-1", state),
          (error: unknown) => error instanceof IcaError && error.status === 403,
        );
    });

    it("costs a refresh of a thousand that are gone one list for several of them", async () => {
      const ids = Array.from({ length: 1000 }, (_, i) => `gone-${i}`);
      const left = [...ids];
      const worker = async () => {
        for (let id = left.shift(); id !== undefined; id = left.shift())
          assert.equal(await handler.read(context, id, state), undefined);
      };
      await Promise.all(Array.from({ length: 16 }, worker));
      const lists = server.calls("GET", collection).filter(({ query }) => query.pageSize === "1000").length;
      assert.ok(lists <= 500, `${lists} lists`);
    });
  });

  describe("about an image", () => {
    let server: ScriptedImages["server"];
    let ica: ScriptedImages["ica"];
    let context: ScriptedImages["context"];
    eachImage((scripted) => {
      ({ server, ica, context } = scripted);
    });

    const inputs = imageInputs();
    const state = imageStateOf(dockerImage(), { ...inputs, onDelete: "removeRegions" }, {});
    const wrongLook = () => server.on("GET", "/api/dockerImages/image-1", problem(404, "Not found"));

    it("does not take it out of the stack in a refresh, keeps no region, and finds it by its id", async () => {
      ica.has();
      wrongLook();
      assert.equal((await benchImageHandler.read(context, "image-1", state))?.state.imageId, "image-1");
      assert.equal((await findImage(context.client.dockerImages, { imageId: "image-1" })).imageId, "image-1");
      await benchImageHandler.delete(context, "image-1", state);
      assert.deepEqual(ica.written, ["removeRegions"]);
    });

    it("does not make a failed archive usable, and does not count as its deletion", async () => {
      ica.stores({ path: archivePath(inputs), tags: archiveTags(inputs, "5ha", "image-1"), format: "DOCKER" });
      ica.has({ status: "BUILDFAILED" });
      wrongLook();
      server.on("POST", `/api/projects/${projectId}/data/fil.1:delete`, problem(404, "Not found"));
      await assert.rejects(
        benchImageHandler.create(context, inputs),
        /fil\.1\).* cannot be deleted, and would fail again/,
      );
    });
  });
});
