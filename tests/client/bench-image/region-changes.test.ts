import assert from "node:assert/strict";
import { benchImageHandler as handler } from "../../../provider/bench-image/handler";
import { archivePath, archiveTags } from "../../../provider/bench-image/identity";
import type { BenchImageInputs } from "../../../provider/bench-image/inputs";
import type { BenchImageState } from "../../../provider/bench-image/state";
import { unknownValue } from "../../../provider/inputs/unknown";
import { contextFor } from "../../support/context";
import { eachImage, type ScriptedImages } from "../../support/each/each-image";
import { imageInputs } from "../../support/factories";
import { partialOf } from "../../support/partial";
import { euc1, inRegions, use1 } from "../../support/servers/image-server";
import { ok, problem } from "../../support/servers/scripted-server";
import { imageUpdate } from "../../support/updates";

describe("the regions of an image that others may use too", () => {
  let server: ScriptedImages["server"];
  let ica: ScriptedImages["ica"];
  let context: ScriptedImages["context"];

  eachImage((scripted) => {
    ({ server, ica, context } = scripted);
  });

  const create = (inputs: BenchImageInputs) => handler.create(context, inputs);
  const created = async (inputs: BenchImageInputs): Promise<BenchImageState> => (await create(inputs)).state;

  describe("when it is adopted", () => {
    it("are the project's own when it is in none and none is declared", async () => {
      ica.has(inRegions());
      const state = await created(imageInputs());
      assert.deepEqual(ica.regionsOf("image-1"), ["use1"]);
      assert.deepEqual(Object.keys(state.urls), ["use1"]);
      assert.match(context.log.lines.join("\n"), /added to regions: use1/);
    });

    it("stay as they are when none is declared and it is in some", async () => {
      ica.has(inRegions(euc1));
      await created(imageInputs());
      assert.deepEqual(ica.written, []);
    });

    it("are empty when ICA reports no such settings: an external image cannot be in one", async () => {
      ica.has({ internalDockerImageSettings: undefined });
      await created(imageInputs());
      assert.deepEqual(ica.written, []);
    });

    it("are added when they are declared and missing; other regions stay, and a warning says so", async () => {
      ica.has();
      await created(imageInputs({ regions: ["euc1"] }));
      assert.deepEqual(ica.regionsOf("image-1"), ["use1", "euc1"]);
      const told = context.log.lines.join("\n");
      assert.match(told, /added to regions: euc1/);
      assert.match(told, /stays in use1 too, which this stack has not named/);
    });

    it("are looked at once ICA has made it, not before", async () => {
      ica.has({ ...inRegions(), status: "PARTIAL" });
      let looks = 0;
      server.on("GET", "/api/dockerImages/image-1", () => {
        if (looks++ === 2) ica.has();
        const image = ica.images.get("image-1");
        return image === undefined ? problem(404, "No such image") : ok(image);
      });
      await created(imageInputs());
      assert.deepEqual(ica.written, []);
    });

    it("are added also when another run registered it while this one was building", async () => {
      const inputs = imageInputs({ regions: ["euc1"] });
      ica.stores({ path: archivePath(inputs), tags: archiveTags(inputs, "5ha", undefined), format: "DOCKER" });
      server.on("GET", "/api/dataFormats", () => {
        ica.has({ id: "theirs" });
        return ok({ items: [{ id: "format-1", code: "DOCKER" }] });
      });
      const { id, state } = await create(inputs);
      assert.equal(id, "theirs");
      assert.deepEqual(ica.regionsOf("theirs"), ["use1", "euc1"]);
      assert.deepEqual(Object.keys(state.urls), ["use1", "euc1"]);
    });

    for (const [what, act] of [
      ["a reset", "reset"],
      ["a fault of ICA", problem(503, "Busy")],
    ] as const)
      it(`are asked for again after ${what}, and there when the first call did it`, async () => {
        ica.has();
        let calls = 0;
        server.on("POST", "/api/dockerImages/image-1:addRegions", () => {
          if (++calls > 1) return problem(409, "It is in this region");
          ica.has(inRegions(use1, euc1));
          return act;
        });
        const { state } = await create(imageInputs({ regions: ["euc1"] }));
        assert.equal(calls, 2);
        assert.deepEqual(Object.keys(state.urls).sort(), ["euc1", "use1"]);
      });

    it("are not in the state while ICA refuses them, so that the next run adds them", async () => {
      ica.has();
      server.on("POST", "/api/dockerImages/image-1:addRegions", problem(403, "Not entitled"));
      const inputs = imageInputs({ regions: ["euc1"] });
      const { state } = await partialOf<BenchImageState>(create(inputs));
      assert.equal(state.regions, undefined);
      assert.deepEqual(await handler.diff(context, "image-1", state, inputs), imageUpdate(["regions"]));
    });
  });

  describe("when the declaration changes", () => {
    const changed = async (before: Partial<BenchImageInputs>, next: Partial<BenchImageInputs>) => {
      const state = await created(imageInputs(before));
      // As others leave it: they have added a region meanwhile.
      ica.has(inRegions(use1, euc1));
      context.log.lines.length = 0;
      return handler.update(context, "image-1", state, imageInputs(next));
    };

    it("stay when another stack added them, even if other inputs change", async () => {
      ica.has();
      await changed({ regions: ["use1"] }, { regions: ["use1"], timeouts: { create: "90m" } });
      assert.deepEqual(ica.regionsOf("image-1"), ["use1", "euc1"]);
      assert.deepEqual(context.log.lines, []);
    });

    it("are removed when this stack no longer names them, by code or UUID, and a message says so", async () => {
      ica.has(inRegions(euc1));
      await changed({ regions: ["region-2"] }, { regions: ["use1"] });
      assert.deepEqual(ica.regionsOf("image-1"), ["use1"]);
      assert.deepEqual(context.log.lines, ["removed from regions: euc1"]);
    });

    it("stay when this stack named none before: another stack may have added them", async () => {
      ica.has();
      await changed({}, { regions: ["euc1"] });
      assert.deepEqual(ica.regionsOf("image-1"), ["use1", "euc1"]);
    });

    it("become the project's own when none is named any more", async () => {
      ica.has(inRegions(euc1));
      const state = await created(imageInputs({ regions: ["euc1"] }));
      await handler.update(context, "image-1", state, imageInputs());
      assert.deepEqual(ica.regionsOf("image-1"), ["use1"]);
      assert.deepEqual(ica.written, ["addRegions", "removeRegions"], "it is never in none");
    });

    it("become as declared after a refresh, which shows what others added", async () => {
      ica.has();
      const inputs = imageInputs({ regions: ["use1"] });
      const state = await created(inputs);
      ica.has(inRegions(use1, euc1));
      const live = await handler.read(context, "image-1", state);
      assert.ok(live !== undefined);
      assert.deepEqual(live.inputs.regions, ["euc1", "use1"]);
      assert.deepEqual(await handler.diff(context, "image-1", live.state, inputs), imageUpdate(["regions"]));
      await handler.update(context, "image-1", live.state, inputs);
      assert.deepEqual(ica.regionsOf("image-1"), ["use1"]);
    });

    it("stay in the state until they are removed, so that the next run continues after a failed one", async () => {
      ica.has(inRegions(use1, euc1));
      const state = await created(imageInputs({ regions: ["euc1", "use1"] }));
      server.on("POST", "/api/dockerImages/image-1:removeRegions", problem(403, "Not yours"));
      const next = imageInputs({ regions: ["use1"] });
      const error = await partialOf<BenchImageState>(handler.update(context, "image-1", state, next));
      assert.match(error.message, /Not yours/);
      assert.deepEqual(error.state.regions, ["euc1", "use1"]);
    });
  });

  describe("when one of its resources is deleted", () => {
    const inputs = imageInputs({ onDelete: "removeRegions" });
    /** A process of its own, as the engine starts one for each command. */
    const later = () => {
      context = contextFor(server.baseUrl);
    };
    let state: BenchImageState;

    beforeEach(async () => {
      ica.has();
      state = await created(inputs);
      later();
    });

    const remove = () => handler.delete(context, "image-1", state);
    const staysInUse = async () => {
      await remove();
      assert.deepEqual(ica.regionsOf("image-1"), ["use1"]);
      assert.match(context.log.warnings.join(), /keeps its regions: .* uses it.*image rstudio .*\(id image-1\)/);
    };

    it("stay when its replacement, or a renamed resource, has adopted it in the same run", async () => {
      await created(inputs);
      await staysInUse();
    });

    it("stay when another resource has it, which does not change", async () => {
      await handler.diff(context, "image-1", state, inputs);
      await staysInUse();
    });

    it("stay when another resource has it, which is changed in place", async () => {
      await handler.update(context, "image-1", state, imageInputs());
      await staysInUse();
    });

    it("are removed when the resource is replaced by another image, also after the engine asked with unknown values", async () => {
      await handler.diff(context, "image-1", state, { ...inputs, build: { context: unknownValue } });
      await handler.diff(context, "image-1", state, { ...inputs, contextHash: "f".repeat(64), version: "f" });
      await remove();
      assert.deepEqual(ica.regionsOf("image-1"), []);
      assert.deepEqual(context.log.warnings, []);
    });

    it("come back when the same content is declared again later", async () => {
      await remove();
      assert.deepEqual(ica.regionsOf("image-1"), []);
      later();
      const again = await created(inputs);
      assert.deepEqual(Object.keys(again.urls), ["use1"]);
    });
  });
});
