import assert from "node:assert/strict";
import { benchImageHandler as handler } from "../../../../provider/bench-image/handler";
import type { BenchImageInputs } from "../../../../provider/bench-image/inputs";
import { type MaybeWithin, unknownValue } from "../../../../provider/inputs/unknown";
import { eachImage, type ScriptedImages } from "../../../support/each/each-image";
import { dockerImage, imageInputs } from "../../../support/factories";
import { imageUpdate } from "../../../support/updates";
import { stateWith } from "./state-with";

describe("the image handler", () => {
  let ica: ScriptedImages["ica"];
  let context: ScriptedImages["context"];

  eachImage((scripted) => {
    ({ ica, context } = scripted);
  });

  describe("comparing", () => {
    const diff = (next: Partial<MaybeWithin<BenchImageInputs>>, state = stateWith()) =>
      handler.diff(context, "image-1", state, { ...imageInputs(), ...next });

    beforeEach(() => ica.has());

    it("finds no change when ICA reports other fields that are not declared", async () => {
      assert.deepEqual(await diff({}), { kind: "unchanged" });
    });

    for (const next of [{ name: "x" }, { version: "x" }, { contextHash: "x" }, { existingId: "x" }]) {
      const [field = ""] = Object.keys(next);
      it(`publishes another image for another ${field}`, async () => {
        assert.deepEqual(await diff(next), { kind: "replace", because: [field], deleteFirst: false });
      });
    }

    const inPlace: Partial<BenchImageInputs>[] = [
      { regions: ["euc1"] },
      { onDelete: "removeRegions" },
      { verify: "none" },
      { timeouts: { create: "5m" } },
      { description: "new" },
      { access: { web: true, console: true } },
      { build: { context: "./image", pull: true } },
      { folder: "/other/" },
    ];
    for (const next of inPlace) {
      it(`keeps the image when ${Object.keys(next)[0]} changes`, async () => {
        assert.deepEqual(await diff(next), imageUpdate(Object.keys(next)));
      });
    }

    it("reports a deleted image as gone, and says what to do, in the preview and in an update", async () => {
      const gone = /^PublishError: image rstudio \S+ \(id image-1\) is gone: .*Run "pulumi up --refresh"/;
      for (const deleted of [() => ica.images.clear(), () => ica.has({ status: "DELETED" })]) {
        deleted();
        await assert.rejects(diff({ regions: ["euc1"] }), gone);
        await assert.rejects(handler.update(context, "image-1", stateWith(), imageInputs({ regions: ["euc1"] })), gone);
      }
      assert.deepEqual(ica.written, []);
    });

    it("ignores the path of the context: another machine has it elsewhere", async () => {
      assert.deepEqual(await diff({ build: { context: "/elsewhere/image", dockerfile: "/elsewhere/Dockerfile" } }), {
        kind: "unchanged",
      });
    });

    it("never replaces because of an unknown value", async () => {
      assert.deepEqual(
        await diff({ contextHash: unknownValue, version: unknownValue }),
        imageUpdate(["version", "contextHash"]),
      );
    });

    it("publishes again what ICA could not make", async () => {
      const failed = stateWith({}, dockerImage({ status: "BUILDFAILED" }));
      assert.deepEqual(await diff({}, failed), { kind: "replace", because: ["status"], deleteFirst: false });
    });

    it("keeps waiting for an image that ICA has not finished", async () => {
      const begun = stateWith({}, dockerImage({ status: "PARTIAL" }));
      assert.deepEqual(await diff({}, begun), imageUpdate(["status"], true));
    });
  });
});
