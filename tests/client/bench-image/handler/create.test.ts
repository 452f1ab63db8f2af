import assert from "node:assert/strict";
import { benchImageHandler as handler } from "../../../../provider/bench-image/handler";
import { archivePath, archiveTags, imageTag } from "../../../../provider/bench-image/identity";
import type { BenchImageState } from "../../../../provider/bench-image/state";
import { PartialError } from "../../../../provider/handler";
import { projectId } from "../../../support/context";
import { eachImage, type ScriptedImages } from "../../../support/each/each-image";
import { imageInputs } from "../../../support/factories";
import { partialOf } from "../../../support/partial";
import { ok, problem } from "../../../support/servers/scripted-server";

describe("the image handler", () => {
  let server: ScriptedImages["server"];
  let ica: ScriptedImages["ica"];
  let context: ScriptedImages["context"];

  eachImage((scripted) => {
    ({ server, ica, context } = scripted);
  });

  describe("creating", () => {
    it("adopts the image that exists: no Docker, no upload, no write", async () => {
      ica.has();
      const { id, state } = await handler.create(context, imageInputs());
      assert.equal(id, "image-1");
      assert.equal(state.dataId, undefined);
      assert.deepEqual(state.urls, { use1: "registry/rstudio" });
      assert.deepEqual(state.benchSettings, { web: true, console: false, clusterCompatible: false });
      assert.deepEqual(ica.written, []);
    });

    it("adds the declared regions that an adopted image lacks, and removes none", async () => {
      ica.has();
      await handler.create(context, imageInputs({ regions: ["euc1"] }));
      assert.deepEqual(ica.written, ["addRegions"]);
    });

    it("registers an archive that an interrupted run uploaded, without building or uploading again", async () => {
      const inputs = imageInputs();
      ica.stores({ path: archivePath(inputs), tags: archiveTags(inputs, "5ha", undefined), format: "DOCKER" });
      const { id, state } = await handler.create(context, inputs);
      assert.equal(id, "made-1");
      assert.deepEqual([state.dataId, state.archiveSize, state.archiveSha256], ["fil.1", 7, "5ha"]);
      assert.deepEqual(ica.written, ["createInternal", "update"]);
      assert.ok(ica.files.get("fil.1")?.tags.includes(imageTag("made-1")), "the archive has to name its image");
    });

    it("creates no file in the project before the image exists: a failed build leaves nothing", async () => {
      await assert.rejects(handler.create(context, imageInputs()), /this test has no Docker/);
      assert.deepEqual(ica.written, []);
    });

    it("never publishes other content under an existing version", async () => {
      ica.has({ version: "1.2" });
      await assert.rejects(handler.create(context, imageInputs({ version: "1.2" })), /is published already/);
      assert.deepEqual(ica.written, []);
    });

    it("says what to click when ICA reports other settings", async () => {
      ica.has({ benchSettings: { access: { web: false, console: false } } });
      await handler.create(context, imageInputs());
      assert.match(context.log.warnings.join(), /web access is off in ICA but declared on.*Docker Repository/);
    });

    const takingOver = () => {
      const { build: _, ...rest } = imageInputs({ existingId: "image-1", version: "1.2", contextHash: "" });
      return rest;
    };

    it("adopts an image by its id", async () => {
      ica.has({ version: "1.2" });
      assert.equal((await handler.create(context, takingOver())).id, "image-1");
      assert.deepEqual(ica.written, []);
    });

    it("does not adopt an image that differs from the declaration, and names every difference", async () => {
      ica.has({ name: "other", version: "1.3", type: "TOOL", status: "DELETED" });
      await assert.rejects(handler.create(context, takingOver()), (error: unknown) => {
        assert.ok(error instanceof Error && !(error instanceof PartialError));
        assert.match(error.message, /status is DELETED.*type is TOOL.*name is other.*version is 1\.3, not 1\.2/);
        return true;
      });
    });
  });

  describe("an image that ICA cannot make", () => {
    const inputs = imageInputs();
    beforeEach(() => {
      ica.stores({ path: archivePath(inputs), tags: archiveTags(inputs, "5ha", undefined), format: "DOCKER" });
      server.on("POST", "/api/dockerImages:createInternal", () => ok(ica.has({ id: "made-1", status: "BUILDFAILED" })));
    });

    it("is an error that keeps the id, and drops the archive that would fail again", async () => {
      const error = await partialOf<BenchImageState>(handler.create(context, inputs));
      assert.equal(error.id, "made-1");
      assert.equal(error.state.status, "BUILDFAILED");
      assert.equal(error.state.dataId, "fil.1");
      assert.match(error.message, /ICA could not make image rstudio .*publishes it again/);
      assert.equal(ica.files.size, 0);
    });

    it("keeps the id also when the archive cannot be dropped, and says so", async () => {
      server.on("POST", `/api/projects/${projectId}/data/fil.1:delete`, problem(403, "Read only"));
      const error = await partialOf<BenchImageState>(handler.create(context, inputs));
      assert.equal(error.id, "made-1");
      assert.match(error.message, /ICA could not make image/);
      assert.match(context.log.warnings.join(), /could not delete archive .*fil\.1\).*Read only/);
    });
  });

  it("keeps the id of an image that takes longer than allowed", async () => {
    ica.has({ status: "PARTIAL" });
    const error = await partialOf<BenchImageState>(
      handler.create(context, imageInputs({ timeouts: { create: "10m" } })),
    );
    assert.equal(error.id, "image-1");
    assert.equal(error.state.status, "PARTIAL");
    assert.match(error.message, /PARTIAL after 10m 00s.*continues to wait/);
  });
});
