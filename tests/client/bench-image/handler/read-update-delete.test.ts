import assert from "node:assert/strict";
import { benchImageHandler as handler } from "../../../../provider/bench-image/handler";
import type { BenchImageState } from "../../../../provider/bench-image/state";
import { IcaError } from "../../../../provider/ica/transport/error";
import { contextFor } from "../../../support/context";
import { eachImage, type ScriptedImages } from "../../../support/each/each-image";
import { dockerImage, imageInputs } from "../../../support/factories";
import { partialOf } from "../../../support/partial";
import { problem, ScriptedServer } from "../../../support/servers/scripted-server";

import { stateWith } from "./state-with";

describe("the image handler", () => {
  let server: ScriptedImages["server"];
  let ica: ScriptedImages["ica"];
  let context: ScriptedImages["context"];

  eachImage((scripted) => {
    ({ server, ica, context } = scripted);
  });

  describe("reading", () => {
    it("shows changes made by hand", async () => {
      ica.has({
        benchSettings: { clusterCompatible: true, access: { web: false, console: true } },
        internalDockerImageSettings: { regions: [{ region: { id: "region-2", code: "euc1" }, url: "there" }] },
      });
      const live = await handler.read(context, "image-1", stateWith({ regions: ["use1"] }));
      assert.deepEqual(live?.inputs, {
        ...imageInputs(),
        access: { web: false, console: true },
        clusterCompatible: true,
        regions: ["euc1"],
      });
      assert.deepEqual(live?.state.urls, { euc1: "there" });
    });

    it("shows nothing when nothing changed, and keeps what the upload left", async () => {
      ica.has();
      const live = await handler.read(context, "image-1", stateWith());
      assert.deepEqual(live?.inputs, imageInputs());
      assert.deepEqual(live?.state, stateWith());
    });

    for (const status of ["DELETED", "DELETING"]) {
      it(`treats ${status} as gone`, async () => {
        ica.has({ status });
        assert.equal(await handler.read(context, "image-1", stateWith()), undefined);
      });
    }

    it("treats a 404 as gone when ICA's list of images does not have it", async () => {
      ica.has({ id: "another" });
      assert.equal(await handler.read(context, "image-1", stateWith()), undefined);
      assert.equal(server.count("GET", "/api/dockerImages"), 1);
    });

    it("does not treat a 404 as gone when the list has the image", async () => {
      ica.has();
      server.on("GET", "/api/dockerImages/image-1", problem(404, "Not found"));
      assert.equal((await handler.read(context, "image-1", stateWith()))?.state.imageId, "image-1");
    });

    it("does not treat a 404 as gone when the list is missing too: the address is wrong", async () => {
      const other = await ScriptedServer.start();
      await assert.rejects(handler.read(contextFor(other.baseUrl), "image-1", stateWith()), IcaError);
      await other.close();
    });

    for (const status of [400, 401, 403, 500]) {
      it(`does not treat ${status} as gone`, async () => {
        server.on("GET", "/api/dockerImages/image-1", problem(status, "No"));
        await assert.rejects(handler.read(context, "image-1", stateWith()), IcaError);
      });
    }
  });

  describe("changing", () => {
    it("regions adds and removes what differs", async () => {
      ica.has();
      await handler.update(context, "image-1", stateWith({ regions: ["use1"] }), imageInputs({ regions: ["euc1"] }));
      assert.deepEqual(ica.written, ["addRegions", "removeRegions"]);
    });

    it("anything else writes nothing", async () => {
      ica.has();
      const next = imageInputs({ onDelete: "removeRegions", timeouts: { create: "5m" } });
      const state = await handler.update(context, "image-1", stateWith(), next);
      assert.deepEqual(ica.written, []);
      assert.equal(state.onDelete, "removeRegions");
      assert.equal(state.archiveSha256, "5ha", "what was uploaded stays known");
    });

    it("keeps waiting for an unfinished image within timeouts.create, the only limit", async () => {
      ica.has({ status: "PARTIAL" });
      const begun = stateWith({}, dockerImage({ status: "PARTIAL" }));
      const limits = { create: "10m", update: "1m", delete: "1m" };
      const error = await partialOf<BenchImageState>(
        handler.update(context, "image-1", begun, imageInputs({ timeouts: limits })),
      );
      assert.match(
        error.message,
        /PARTIAL after 10m 00s.*continues to wait; a longer limit is set with timeouts\.create/s,
      );
    });

    it("that ICA refuses keeps the id, and a state that still differs from what is declared", async () => {
      ica.has();
      server.on("POST", "/api/dockerImages/image-1:addRegions", problem(403, "Not entitled"));
      const next = imageInputs({ regions: ["euc1"] });
      const error = await partialOf<BenchImageState>(
        handler.update(context, "image-1", stateWith({ regions: ["use1"] }), next),
      );
      assert.match(error.message, /Not entitled/);
      assert.deepEqual(error.state.regions, ["use1"]);
    });
  });

  describe("deleting", () => {
    it("forgets, and says that the image stays", async () => {
      await handler.delete(context, "image-1", stateWith());
      assert.equal(server.seen.length, 0);
      assert.match(context.log.lines.join(), /stays in ICA, which has no call to delete an image/);
    });

    it("removes the regions when that is declared", async () => {
      ica.has();
      await handler.delete(context, "image-1", stateWith({ onDelete: "removeRegions" }));
      assert.deepEqual(server.calls("POST", "/api/dockerImages/image-1:removeRegions")[0]?.body, {
        regionIds: ["region-1"],
      });
    });

    it("of an image that is gone is done", async () => {
      await handler.delete(context, "image-1", stateWith({ onDelete: "removeRegions" }));
      assert.deepEqual(ica.written, []);
    });

    it("that ICA fails at is an error: the image stays in the state", async () => {
      ica.has();
      server.on("POST", "/api/dockerImages/image-1:removeRegions", problem(500, "Oops"));
      await assert.rejects(handler.delete(context, "image-1", stateWith({ onDelete: "removeRegions" })), IcaError);
    });
  });

  it("keeps its state small", () => {
    const state = stateWith({ description: "x".repeat(255), regions: ["euc1", "use1"] });
    assert.ok(JSON.stringify(state).length < 4096);
  });
});
