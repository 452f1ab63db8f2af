import assert from "node:assert/strict";
import { findArchive } from "../../../../provider/bench-image/archive-file/archive-file";
import { archivePath, archiveTags, archiveTarget } from "../../../../provider/bench-image/identity";
import { findPublished, immutableVersion } from "../../../../provider/bench-image/registration/published";
import { projectId } from "../../../support/context";
import { eachImage, type ScriptedImages } from "../../../support/each/each-image";
import { imageInputs } from "../../../support/factories";

describe("publishing an image", () => {
  let server: ScriptedImages["server"];
  let ica: ScriptedImages["ica"];
  let context: ScriptedImages["context"];

  eachImage((scripted) => {
    ({ server, ica, context } = scripted);
  });

  describe("looking what is published", () => {
    const named = imageInputs({ version: "1.2" });

    it("finds nothing when no image has this name, version and kind", async () => {
      ica.has({ id: "a", version: "1.3" });
      ica.has({ id: "b", name: "other", version: "1.2" });
      ica.has({ id: "c", version: "1.2", type: "TOOL" });
      assert.deepEqual(await findPublished(context, named), { kind: "absent" });
    });

    it("counts neither failed builds nor deleted images", async () => {
      for (const status of ["BUILDFAILED", "DELETED", "DELETING"]) ica.has({ id: status, version: "1.2", status });
      assert.deepEqual(await findPublished(context, named), { kind: "absent" });
    });

    it("trusts a version that is the content's own hash", async () => {
      ica.has();
      assert.equal((await findPublished(context, imageInputs())).kind, "same");
      assert.equal(server.count("GET", `/api/projects/${projectId}/data`), 0);
    });

    it("recognises the content of a declared version by the tags of its archive", async () => {
      ica.has({ version: "1.2" });
      ica.stores({ tags: archiveTags(named, "5ha", "image-1") });
      assert.equal((await findPublished(context, named)).kind, "same");
    });

    it("recognises it also when the run was killed before the archive was tagged with the image", async () => {
      ica.has({ version: "1.2" });
      ica.stores({ tags: archiveTags(named, "5ha", undefined) });
      assert.equal((await findPublished(context, named)).kind, "same");
    });

    it("finds other content under the same version, and says what can be done", async () => {
      ica.has({ version: "1.2" });
      const other = imageInputs({ version: "1.2", contextHash: "f".repeat(64) });
      ica.stores({ tags: archiveTags(other, "5ha", "image-1") });
      const published = await findPublished(context, named);
      assert.ok(published.kind === "other");
      assert.equal(published.contextHash, "f".repeat(64));
      const words = immutableVersion(named, published);
      assert.match(
        words,
        /rstudio 1\.2 is published already \(id image-1\) and holds other content \(f{12}, this is 0123456789ab\)/,
      );
      assert.match(words, /another version.*leave version out.*existingId: "image-1"/);
    });

    it("does not adopt an image whose content is unknown", async () => {
      ica.has({ version: "1.2" });
      const published = await findPublished(context, named);
      assert.ok(published.kind === "other" && published.contextHash === undefined);
      assert.match(immutableVersion(named, published), /its content is unknown/);
    });

    it("prefers an available image to one that is being made", async () => {
      ica.has({ id: "a", status: "PARTIAL" });
      ica.has({ id: "b", status: "AVAILABLE" });
      const published = await findPublished(context, imageInputs());
      assert.ok(published.kind === "same");
      assert.equal(published.image.id, "b");
    });

    it("finds the archive by its path, a complete one before a begun one, never one that is on its way out", async () => {
      const path = archivePath(named);
      ica.stores({ id: "fil.going", path, status: "DELETING" });
      assert.equal(await findArchive(context, archiveTarget(named)), undefined);
      ica.stores({ id: "fil.begun", path, status: "PARTIAL" });
      assert.equal((await findArchive(context, archiveTarget(named)))?.data.id, "fil.begun");
      ica.stores({ id: "fil.whole", path, status: "AVAILABLE" });
      assert.equal((await findArchive(context, archiveTarget(named)))?.data.id, "fil.whole");
    });
  });
});
