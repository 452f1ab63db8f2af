import assert from "node:assert/strict";
import {
  ArchiveCompleted,
  awaitAvailable,
  dockerFormat,
  factsOf,
  labelArchive,
  openArchiveFile,
} from "../../../provider/bench-image/archive-file/archive-file";
import { archivePath, archiveTags, imageTag } from "../../../provider/bench-image/identity";
import { regionIds, UnknownRegion } from "../../../provider/bench-image/regions/regions";
import { findArchive, findPublished, immutableVersion } from "../../../provider/bench-image/registration/published";
import { awaitImage, ImageBuildFailed, register } from "../../../provider/bench-image/registration/register";
import { IcaError } from "../../../provider/ica/transport/error";
import { TimeoutError } from "../../../provider/poll";
import { projectId } from "../../support/context";
import { eachImage, type ScriptedImages } from "../../support/each/each-image";
import { dockerImage, imageInputs } from "../../support/factories";
import { ok, problem } from "../../support/servers/scripted-server";

const keys = { accessKey: "a", secretKey: "s", sessionToken: "t" };
const createCall = "/api/dockerImages:createInternal";

describe("publishing an image", () => {
  let server: ScriptedImages["server"];
  let ica: ScriptedImages["ica"];
  let context: ScriptedImages["context"];

  eachImage((scripted) => {
    ({ server, ica, context } = scripted);
  });

  describe("registering", () => {
    const inputs = imageInputs({ version: "1.2", description: "for everybody" });
    beforeEach(() => ica.stores({ tags: archiveTags(inputs, "5ha", undefined) }));
    const registered = async () => {
      const found = await register(context, inputs, "fil.1", ["region-1"]);
      return { ...found.image, kind: found.kind };
    };

    it("sends the archive, name, version, description and regions", async () => {
      assert.equal((await registered()).id, "made-1");
      assert.deepEqual(server.calls("POST", createCall)[0]?.body, {
        dockerDataId: "fil.1",
        dockerDataProjectId: projectId,
        name: "rstudio",
        version: "1.2",
        description: "for everybody",
        type: "BENCH",
        regions: ["region-1"],
      });
    });

    it("finds the image whose answer was lost, and registers nothing twice", async () => {
      ica.has({ id: "old", version: "1.2", status: "BUILDFAILED" });
      server.on("POST", createCall, () => {
        ica.has({ id: "made", version: "1.2", status: "PARTIAL" });
        return "reset";
      });
      assert.equal((await registered()).id, "made");
      assert.equal(server.count("POST", createCall), 1);
      assert.equal(ica.images.size, 2);
    });

    for (const [what, act] of [
      ["a fault of ICA", problem(502, "Bad gateway")],
      ["an answer of another form", ok({ strange: true })],
    ] as const) {
      it(`finds the image after ${what} too`, async () => {
        server.on("POST", createCall, () => {
          ica.has({ id: "made", version: "1.2", status: "PARTIAL" });
          return act;
        });
        assert.equal((await registered()).id, "made");
      });
    }

    for (const fault of [problem(503, "Busy"), problem(502, "Bad gateway"), "reset"] as const)
      it(`makes the call again when it failed with ${typeof fault === "string" ? "a reset" : fault.status} and there is no image`, async () => {
        let calls = 0;
        server.on("POST", createCall, () => {
          if (++calls < 3) return fault;
          return ok(ica.has({ id: "made", version: "1.2", status: "PARTIAL" }));
        });
        const start = context.clock.now();
        assert.equal((await registered()).id, "made");
        assert.equal(calls, 3);
        assert.ok(context.clock.now() - start >= 20_000);
        assert.match(context.log.warnings.join("\n"), /registering once more in 5s[\s\S]*registering once more in 15s/);
      });

    it("does not make it again when the first call did its work late", async () => {
      server.on("POST", createCall, () => "reset");
      let looks = 0;
      server.on("GET", "/api/dockerImages", () => {
        if (++looks === 3) ica.has({ id: "late", version: "1.2", status: "PARTIAL" });
        return ok({ items: [...ica.images.values()] });
      });
      assert.equal((await registered()).id, "late");
      assert.equal(server.count("POST", createCall), 1);
    });

    it("fails with ICA's words when the fault lasts, also where an old image has the name", async () => {
      ica.has({ id: "old", version: "1.2", status: "BUILDFAILED" });
      server.on("POST", createCall, problem(503, "Busy"));
      await assert.rejects(
        registered(),
        (error: unknown) => error instanceof IcaError && /503.*Busy/.test(error.message),
      );
      assert.equal(server.count("POST", createCall), 4);
    });

    for (const [what, act, words] of [
      ["refused", problem(400, "Bad region"), /Bad region/],
      ["has no such call", problem(501, "Not here"), /Not here/],
      ["gave an odd answer", ok({ strange: true }), /createInternal/],
    ] as const)
      it(`says what ICA said where it ${what}, there is no image, and asks once`, async () => {
        server.on("POST", createCall, act);
        await assert.rejects(registered(), words);
        assert.equal(server.count("POST", createCall), 1);
      });

    it("takes over the image of a run that registered while this one was building", async () => {
      ica.has({ id: "theirs", version: "1.2", status: "PARTIAL" });
      const { id, kind } = await registered();
      assert.deepEqual([id, kind], ["theirs", "same"]);
      assert.equal(server.count("POST", createCall), 0);
    });

    for (const status of [400, 409, 422])
      it(`takes over the image of a run that was quicker by a moment, where ICA answers ${status}`, async () => {
        server.on("POST", createCall, () => {
          ica.has({ id: "theirs", version: "1.2", status: "PARTIAL" });
          return problem(status, "There is already an image with this name and version");
        });
        assert.equal((await registered()).id, "theirs");
      });

    for (const [theirs, ours, used] of [
      ["2026-03-01T00:00:00Z", "2026-03-01T00:00:01Z", "theirs"],
      ["2026-03-01T00:00:01Z", "2026-03-01T00:00:00Z", "ours"],
      ["2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z", "ours"],
    ] as const)
      it(`uses the older one, ${used}, where ICA let two runs register the same (${theirs}, ${ours})`, async () => {
        server.on("POST", createCall, () => {
          ica.has({ id: "theirs", version: "1.2", status: "PARTIAL", timeCreated: theirs });
          return ok(ica.has({ id: "ours", version: "1.2", status: "PARTIAL", timeCreated: ours }));
        });
        assert.equal((await registered()).id, used);
        assert.equal(/its image theirs is used, and ours/.test(context.log.warnings.join()), used === "theirs");
      });

    it("never takes over an image of other content, which got the version first", async () => {
      ica.files.clear();
      ica.stores({ tags: archiveTags(imageInputs({ version: "1.2", contextHash: "f".repeat(64) }), "5ha", "theirs") });
      ica.has({ id: "theirs", version: "1.2" });
      assert.equal((await registered()).kind, "other");
    });
  });

  describe("waiting for the image", () => {
    const waited = (timeoutMs = 3_600_000) => awaitImage(context, imageInputs(), "image-1", timeoutMs);
    const statuses = (...states: [string, ...string[]]) => {
      let look = 0;
      server.on("GET", "/api/dockerImages/image-1", () =>
        ok(dockerImage({ status: states[Math.min(look++, states.length - 1)] ?? "" })),
      );
    };

    it("goes on while it is PARTIAL, and says so about once a minute", async () => {
      statuses(...(["PARTIAL", ...Array<string>(30).fill("PARTIAL"), "AVAILABLE"] as [string, ...string[]]));
      assert.equal((await waited()).status, "AVAILABLE");
      const told = context.log.lines.length;
      assert.ok(told >= 3 && told <= 5, `${told} lines in about four minutes`);
      assert.match(context.log.lines[0] ?? "", /^waiting for ICA: PARTIAL, .* \(5 to 30 minutes are normal\)/);
    });

    for (const status of ["BUILDFAILED", "DELETED", "DELETING"]) {
      it(`ends at ${status}, and says where the reason may be found`, async () => {
        statuses("PARTIAL", status);
        await assert.rejects(waited(), (error: unknown) => {
          assert.ok(error instanceof ImageBuildFailed);
          assert.match(error.message, new RegExp(`id image-1, status ${status}`));
          assert.match(error.message, /Docker Repository/);
          return true;
        });
      });
    }

    it("goes on at a status that nobody knows yet, until time is up", async () => {
      statuses("SCANNING");
      await assert.rejects(waited(600_000), (error: unknown) => {
        assert.ok(error instanceof TimeoutError);
        assert.match(error.message, /is SCANNING after 10m 00s.*timeouts\.create/s);
        return true;
      });
    });
  });

  describe("looking what is published", () => {
    const named = imageInputs({ version: "1.2" });

    it("finds nothing where there is nothing of this name, version and kind", async () => {
      ica.has({ id: "a", version: "1.3" });
      ica.has({ id: "b", name: "other", version: "1.2" });
      ica.has({ id: "c", version: "1.2", type: "TOOL" });
      assert.deepEqual(await findPublished(context, named), { kind: "absent" });
    });

    it("does not count builds that failed nor images that are gone", async () => {
      for (const status of ["BUILDFAILED", "DELETED", "DELETING"]) ica.has({ id: status, version: "1.2", status });
      assert.deepEqual(await findPublished(context, named), { kind: "absent" });
    });

    it("takes a version that is the content's own hash at its word", async () => {
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

    it("does not take over what nobody can vouch for", async () => {
      ica.has({ version: "1.2" });
      const published = await findPublished(context, named);
      assert.ok(published.kind === "other" && published.contextHash === undefined);
      assert.match(immutableVersion(named, published), /cannot be told/);
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
      assert.equal(await findArchive(context, named), undefined);
      ica.stores({ id: "fil.begun", path, status: "PARTIAL" });
      assert.equal((await findArchive(context, named))?.data.id, "fil.begun");
      ica.stores({ id: "fil.whole", path, status: "AVAILABLE" });
      assert.equal((await findArchive(context, named))?.data.id, "fil.whole");
    });
  });

  describe("the archive's file", () => {
    const inputs = imageInputs({ version: "1.2" });
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
      const file = await openArchiveFile(context, inputs, "DOCKER");
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
      assert.equal((await openArchiveFile(context, inputs, "DOCKER")).kind, "complete");
    });

    it("is an error, in ICA's words, when it cannot be made and nobody else made it", async () => {
      server.on("POST", createFile, problem(403, "Read only"));
      await assert.rejects(openArchiveFile(context, inputs, "DOCKER"), /Read only/);
      ica.stores({ path: archivePath(inputs), status: "PARTIAL" });
      server.on("POST", credentialsCall, problem(403, "No credentials for you"));
      await assert.rejects(openArchiveFile(context, inputs, "DOCKER"), /No credentials for you/);
    });

    it("is waited for until it is AVAILABLE, with all the bytes that were sent", async () => {
      ica.stores({ size: 7 });
      assert.equal((await awaitAvailable(context, inputs, "fil.1", 7)).data.id, "fil.1");
      await assert.rejects(
        awaitAvailable(context, inputs, "fil.1", 8),
        /ICA has 7 bytes of .*, but 8 were uploaded\. Delete that file/,
      );
      ica.stores({ status: "PARTIAL" });
      await assert.rejects(
        awaitAvailable(context, inputs, "fil.1", 7),
        /still calls the uploaded file .* PARTIAL, not AVAILABLE/,
      );
    });

    it("gets format and tags, beside the tags of other people", async () => {
      ica.stores({ tags: ["theirs"] });
      const datum = await context.client.projectData.get(projectId, "fil.1");
      await labelArchive(context, inputs, datum, format, { sha256: "5ha", imageId: "image-1" });
      assert.deepEqual(ica.files.get("fil.1")?.tags, ["theirs", ...archiveTags(inputs, "5ha", "image-1")]);
      assert.equal(ica.files.get("fil.1")?.format, "DOCKER");
    });

    it("is sent back whole, so that an update loses nothing that this project does not know", async () => {
      ica.stores();
      const datum = await context.client.projectData.get(projectId, "fil.1");
      await labelArchive(context, inputs, datum, format, { sha256: "5ha", imageId: undefined });
      const sent = JSON.stringify(server.calls("PUT", `/api/projects/${projectId}/data/fil.1`)[0]?.body);
      assert.match(sent, /"userTags":\["of the user"\]/);
    });

    it("is not written when it is right already", async () => {
      ica.stores({ tags: archiveTags(inputs, "5ha", "image-1"), format: "DOCKER" });
      const datum = await context.client.projectData.get(projectId, "fil.1");
      await labelArchive(context, inputs, datum, format, { sha256: "5ha", imageId: "image-1" });
      assert.deepEqual(ica.written, []);
    });

    it("keeps the SHA-256 that the run left which uploaded it", async () => {
      ica.stores({ tags: archiveTags(inputs, "5ha", undefined), format: "DOCKER" });
      const datum = await context.client.projectData.get(projectId, "fil.1");
      const labelled = await labelArchive(context, inputs, datum, format, { sha256: undefined, imageId: "image-1" });
      assert.equal(factsOf(inputs, labelled, undefined).sha256, "5ha");
      assert.ok(ica.files.get("fil.1")?.tags.includes(imageTag("image-1")));
    });
  });

  describe("regions", () => {
    it("are those declared, by code in any case or by id, each once", async () => {
      assert.deepEqual(await regionIds(context, projectId, ["USE1", "region-1", "euc1"]), ["region-1", "region-2"]);
    });

    it("are the project's own when none is declared", async () => {
      assert.deepEqual(await regionIds(context, projectId, undefined), ["region-1"]);
    });

    it("that the tenant does not have are told with those it has", async () => {
      await assert.rejects(regionIds(context, projectId, ["xyz"]), (error: unknown) => {
        assert.ok(error instanceof UnknownRegion);
        assert.match(error.message, /region "xyz" is not one of this tenant's: use1, euc1/);
        return true;
      });
    });
  });
});
