import assert from "node:assert/strict";
import { regionIds, UnknownRegion } from "../../../../provider/bench-image/regions/regions";
import { projectId } from "../../../support/context";
import { eachImage, type ScriptedImages } from "../../../support/each/each-image";

describe("publishing an image", () => {
  let context: ScriptedImages["context"];

  eachImage((scripted) => {
    ({ context } = scripted);
  });

  describe("regions", () => {
    it("are those declared, by code in any case or by id, each once", async () => {
      assert.deepEqual(await regionIds(context, projectId, ["USE1", "region-1", "euc1"]), ["region-1", "region-2"]);
    });

    it("are the project's own when none is declared", async () => {
      assert.deepEqual(await regionIds(context, projectId, undefined), ["region-1"]);
    });

    it("that the tenant does not have are refused, and the error lists those it has", async () => {
      await assert.rejects(regionIds(context, projectId, ["xyz"]), (error: unknown) => {
        assert.ok(error instanceof UnknownRegion);
        assert.match(error.message, /region "xyz" is not one of this tenant's: use1, euc1/);
        return true;
      });
    });
  });
});
