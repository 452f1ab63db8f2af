import assert from "node:assert/strict";
import {
  ArchiveCompleted,
  awaitAvailable,
  dockerFormat,
  factsOf,
  labelArchive,
  openArchiveFile,
} from "../../../../provider/bench-image/archive-file/archive-file";
import { archivePath, archiveTags, archiveTarget, imageTag } from "../../../../provider/bench-image/identity";
import { projectId } from "../../../support/context";
import { eachImage, type ScriptedImages } from "../../../support/each/each-image";
import { imageInputs } from "../../../support/factories";
import { ok, problem } from "../../../support/servers/scripted-server";

const keys = { accessKey: "a", secretKey: "s", sessionToken: "t" };

describe("publishing an image", () => {
  let server: ScriptedImages["server"];
  let ica: ScriptedImages["ica"];
  let context: ScriptedImages["context"];

  eachImage((scripted) => {
    ({ server, ica, context } = scripted);
  });

  describe("the archive's file", () => {
    const inputs = imageInputs({ version: "1.2" });
    const target = archiveTarget(inputs);
    const format = { id: "format-1", code: "DOCKER" };

    it("has the format that ICA lists as DOCKER", async () => {
      assert.equal((await dockerFormat(context)).id, "format-1");
      server.on(
        "GET",
        "/api/dataFormats",
        ok({
          items: [
            { id: "x", code: "DOCKER_IMAGE" },
            { id: "y", code: "BAM" },
          ],
        }),
      );
      await assert.rejects(
        dockerFormat(context),
        /lists no format DOCKER.*similar ones are DOCKER_IMAGE\..*administrator/,
      );
    });

    const createFile = `/api/projects/${projectId}/data:createFileWithTemporaryCredentials`;
    const credentialsCall = /:createTemporaryCredentials$/;
    const credentials = { awsTempCredentials: { ...keys, region: "us-east-1", bucket: "b", objectPrefix: "p" } };

    it("is shared with a run that made it a moment before: both fill the same file", async () => {
      server.on("POST", createFile, () => {
        ica.stores({ id: "fil.theirs", path: archivePath(inputs), status: "PARTIAL" });
        return problem(409, "It is there already");
      });
      server.on("POST", credentialsCall, ok(credentials));
      const file = await openArchiveFile(context, target, "DOCKER");
      assert.ok(file.kind === "open" && file.dataId === "fil.theirs");
      await file.assertOpen();
      ica.stores({ id: "fil.theirs", path: archivePath(inputs), status: "AVAILABLE" });
      await assert.rejects(file.assertOpen(), ArchiveCompleted);
    });

    it("is complete when another run completed it between two questions", async () => {
      ica.stores({ path: archivePath(inputs), status: "PARTIAL" });
      server.on("POST", credentialsCall, () => {
        ica.stores({ path: archivePath(inputs), status: "AVAILABLE" });
        return problem(409, "It is complete");
      });
      assert.equal((await openArchiveFile(context, target, "DOCKER")).kind, "complete");
    });

    it("is an error that quotes ICA when neither this run nor another can create it", async () => {
      server.on("POST", createFile, problem(403, "Read only"));
      await assert.rejects(openArchiveFile(context, target, "DOCKER"), /Read only/);
      ica.stores({ path: archivePath(inputs), status: "PARTIAL" });
      server.on("POST", credentialsCall, problem(403, "No credentials for you"));
      await assert.rejects(openArchiveFile(context, target, "DOCKER"), /No credentials for you/);
    });

    it("is waited for until it is AVAILABLE, with all the bytes that were sent", async () => {
      ica.stores({ size: 7 });
      assert.equal((await awaitAvailable(context, target, "fil.1", 7)).data.id, "fil.1");
      await assert.rejects(
        awaitAvailable(context, target, "fil.1", 8),
        /ICA has 7 bytes of .*, but 8 were uploaded\. Delete that file/,
      );
      ica.stores({ status: "PARTIAL" });
      await assert.rejects(
        awaitAvailable(context, target, "fil.1", 7),
        /still calls the uploaded file .* PARTIAL, not AVAILABLE/,
      );
    });

    it("gets format and tags, and keeps the tags of other people", async () => {
      ica.stores({ tags: ["theirs"] });
      const datum = await context.client.projectData.get(projectId, "fil.1");
      await labelArchive(context, target, datum, format, { sha256: "5ha", imageId: "image-1" });
      assert.deepEqual(ica.files.get("fil.1")?.tags, ["theirs", ...archiveTags(inputs, "5ha", "image-1")]);
      assert.equal(ica.files.get("fil.1")?.format, "DOCKER");
    });

    it("is sent back whole, so that an update loses nothing that this project does not know", async () => {
      ica.stores();
      const datum = await context.client.projectData.get(projectId, "fil.1");
      await labelArchive(context, target, datum, format, { sha256: "5ha", imageId: undefined });
      const sent = JSON.stringify(server.calls("PUT", `/api/projects/${projectId}/data/fil.1`)[0]?.body);
      assert.match(sent, /"userTags":\["of the user"\]/);
    });

    it("is not written when it is right already", async () => {
      ica.stores({ tags: archiveTags(inputs, "5ha", "image-1"), format: "DOCKER" });
      const datum = await context.client.projectData.get(projectId, "fil.1");
      await labelArchive(context, target, datum, format, { sha256: "5ha", imageId: "image-1" });
      assert.deepEqual(ica.written, []);
    });

    it("keeps the SHA-256 that the run left which uploaded it", async () => {
      ica.stores({ tags: archiveTags(inputs, "5ha", undefined), format: "DOCKER" });
      const datum = await context.client.projectData.get(projectId, "fil.1");
      const labelled = await labelArchive(context, target, datum, format, { sha256: undefined, imageId: "image-1" });
      assert.equal(factsOf(target, labelled, undefined).sha256, "5ha");
      assert.ok(ica.files.get("fil.1")?.tags.includes(imageTag("image-1")));
    });
  });
});
