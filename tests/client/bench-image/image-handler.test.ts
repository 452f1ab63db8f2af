import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { benchImageHandler as handler } from "../../../provider/bench-image/handler";
import { archivePath, archiveTags, imageTag } from "../../../provider/bench-image/identity";
import type { BenchImageInputs } from "../../../provider/bench-image/inputs";
import { type BenchImageState, stateOf } from "../../../provider/bench-image/state";
import { PartialError } from "../../../provider/handler";
import { IcaError } from "../../../provider/ica/transport/error";
import { isKnown, type MaybeWithin, unknownValue } from "../../../provider/inputs/unknown";
import { contextFor, projectId, type TestContext } from "../../support/context";
import { makeContext, removeContext } from "../../support/context-folder";
import { eachImage, type ScriptedImages } from "../../support/each/each-image";
import { dockerImage, imageInputs } from "../../support/factories";
import { checkedImage } from "../../support/known";
import { partialOf } from "../../support/partial";
import type { ImageServer } from "../../support/servers/image-server";
import { ok, problem, ScriptedServer } from "../../support/servers/scripted-server";

const stateWith = (inputs: Partial<BenchImageInputs> = {}, reported = dockerImage()): BenchImageState =>
  stateOf(reported, imageInputs(inputs), {
    archive: { projectId: "p", dataId: "fil.1", name: "a.tar.bz2", size: 7, sha256: "5ha" },
    imageDigest: "sha256:1",
  });

describe("the image handler", () => {
  let server: ScriptedImages["server"];
  let ica: ScriptedImages["ica"];
  let context: ScriptedImages["context"];

  eachImage((scripted) => {
    ({ server, ica, context } = scripted);
  });

  describe("in preview", () => {
    let folder: string;
    const declared = (more: Record<string, unknown> = {}) => ({
      name: "rstudio",
      build: { context: folder },
      access: { web: true },
      verify: "none",
      ...more,
    });

    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), "bench-image-"));
      await writeFile(path.join(folder, "Dockerfile"), "FROM scratch\n");
    });
    afterEach(() => rm(folder, { recursive: true }));

    it("works out the content's hash, and a version that follows it", async () => {
      const { inputs, failures } = await checkedImage(context, declared(), undefined);
      assert.deepEqual(failures, []);
      assert.match(inputs.contextHash, /^[0-9a-f]{64}$/);
      assert.equal(inputs.version, inputs.contextHash.slice(0, 12));
    });

    it("gives another hash for other content", async () => {
      const before = (await checkedImage(context, declared(), undefined)).inputs.contextHash;
      await writeFile(path.join(folder, "new file"), "x");
      assert.notEqual((await checkedImage(context, declared(), undefined)).inputs.contextHash, before);
    });

    it("keeps the hash that the engine hands in for ignoreChanges, and takes it from nobody else", async () => {
      const { inputs } = await checkedImage(context, declared(), undefined);
      await writeFile(path.join(folder, "new file"), "x");
      const pinned = await checkedImage(context, { ...declared(), contextHash: inputs.contextHash }, inputs);
      assert.deepEqual(pinned.inputs, inputs);
      const invented = await checkedImage(context, { ...declared(), contextHash: "f".repeat(64) }, inputs);
      assert.notEqual(invented.inputs.contextHash, inputs.contextHash);
      assert.notEqual(invented.inputs.contextHash, "f".repeat(64));
    });

    it("asks ICA nothing when neither version nor content changed", async () => {
      const { inputs } = await checkedImage(context, declared({ version: "1.2" }), undefined);
      server.seen.length = 0;
      const again = await checkedImage(context, declared({ version: "1.2" }), inputs);
      assert.deepEqual(again, { inputs, failures: [] });
      assert.equal(server.seen.length, 0);
    });

    it("refuses other content under a version that is published", async () => {
      ica.has({ version: "1.2" });
      const { failures } = await checkedImage(context, declared({ version: "1.2" }), undefined);
      assert.deepEqual(
        failures.map(({ property }) => property),
        ["version"],
      );
      assert.match(failures[0]?.reason ?? "", /published already \(id image-1\)/);
    });

    it("says why an image is built anew: which files and args changed since the state was written", async () => {
      ica.has({ id: "any" });
      const build = { context: folder, args: { R: "4.1" } };
      await writeFile(path.join(folder, "renv.lock"), "1");
      const first = (await checkedImage(context, declared({ build }), undefined)).inputs;
      ica.has({ version: first.version });
      const { state } = await handler.create(context, first);
      // Another process, as the engine starts one for each command.
      const later = contextFor(server.baseUrl);
      assert.deepEqual(await diffOf(later, state, build), { kind: "unchanged" });
      assert.deepEqual(later.log.lines, []);
      await writeFile(path.join(folder, "renv.lock"), "2");
      const change = await diffOf(later, state, { context: folder, args: { R: "4.2" } });
      assert.deepEqual(change, { kind: "replace", because: ["version", "contextHash"], deleteFirst: false });
      assert.deepEqual(later.log.lines, ["will be rebuilt: build.args.R changed; renv.lock changed"]);
    });

    it("finds what is published, of which an up then asks by its id only: one call", async () => {
      const before = (await checkedImage(context, declared({ version: "1.2" }), undefined)).inputs;
      ica.has({ version: "1.2" });
      ica.stores({ tags: archiveTags(before, "5ha", "image-1") });
      const { inputs, failures } = await checkedImage(context, declared({ version: "1.2" }), undefined);
      assert.deepEqual(failures, []);
      server.seen.length = 0;
      assert.equal((await handler.create(context, inputs)).id, "image-1");
      assert.deepEqual(
        server.seen.map(({ method, path: each }) => `${method} ${each}`),
        ["GET /api/dockerImages/image-1"],
      );
      ica.has({ version: "1.2", status: "DELETED" });
      await assert.rejects(handler.create(context, inputs), /this test has no Docker/, "a deleted image is no image");
      ica.images.clear();
      await assert.rejects(handler.create(context, inputs), /this test has no Docker/, "nor is one that is not there");
    });

    it("finds no change in a state that has no record of its files, and writes one when it changes it anyway", async () => {
      const first = (await checkedImage(context, declared(), undefined)).inputs;
      const { __contextDigest: _, ...older } = stateOf(ica.has({ version: first.version }), first, {});
      const later = contextFor(server.baseUrl);
      assert.deepEqual(await diffOf(later, older, { context: folder }), { kind: "unchanged" });
      const next = (await checkedImage(later, declared({ onDelete: "removeRegions" }), first)).inputs;
      const state = await handler.update(later, "image-1", older, next);
      assert.match(state.__contextDigest?.files ?? "", /^Dockerfile=/);
    });

    const diffOf = async (context: TestContext, state: BenchImageState, build: Record<string, unknown>) =>
      handler.diff(context, "image-1", state, (await checkedImage(context, declared({ build }), state)).inputs);

    it("writes nothing to ICA", async () => {
      ica.has({ version: "1.2" });
      await checkedImage(context, declared({ version: "1.2" }), undefined);
      assert.deepEqual(ica.written, []);
    });

    it("leaves hash and version open while the build is not known yet", async () => {
      for (const build of [unknownValue, { context: folder, args: { A: unknownValue } }]) {
        const { inputs, failures } = await handler.check(context, declared({ build }), undefined);
        assert.deepEqual(failures, []);
        assert.equal(inputs.contextHash, unknownValue);
        assert.equal(inputs.version, unknownValue);
      }
    });

    it("says which Dockerfile cannot be read, at what names it", async () => {
      const at = async (build: Record<string, unknown>, reason: RegExp) => {
        const { failures } = await checkedImage(context, declared({ build }), undefined);
        assert.match(failures[0]?.reason ?? "", reason);
        return failures.map(({ property }) => property);
      };
      const empty = await makeContext({ other: "" });
      try {
        assert.deepEqual(await at({ context: empty }, /cannot read the Dockerfile: .*Dockerfile/), ["build.context"]);
      } finally {
        await removeContext(empty);
      }
      const nowhere = path.join(folder, "nowhere");
      assert.deepEqual(await at({ context: nowhere }, /^ICA018 .*nowhere is not a folder/), ["build.context"]);
      assert.deepEqual(await at({ context: folder, dockerfile: nowhere }, /cannot read the Dockerfile: .*nowhere/), [
        "build.dockerfile",
      ]);
    });

    it("tells what is wrong with the files and the regions beside what is wrong with the values", async () => {
      const wrong = { folder: "images", regions: ["mars"], build: { context: folder, pull: "yes" } };
      const found = async (more: Record<string, unknown> = {}) =>
        (await checkedImage(context, declared({ ...wrong, ...more }), undefined)).failures.map(
          ({ property }) => property,
        );
      assert.deepEqual((await found()).sort(), ["build.pull", "folder", "regions[0]"]);
      await rm(path.join(folder, "Dockerfile"));
      assert.deepEqual((await found()).sort(), ["build.context", "build.pull", "folder", "regions[0]"]);
      const nowhere = { context: path.join(folder, "nowhere"), args: { "a b": "1" } };
      assert.deepEqual((await found({ build: nowhere })).sort(), [
        "build.args.a b",
        "build.context",
        "folder",
        "regions[0]",
      ]);
    });

    it("says what of the context cannot be hashed, at what names it", async () => {
      const file = path.join(folder, "Dockerfile");
      const build = { context: file, dockerfile: file };
      const { failures } = await checkedImage(context, declared({ build }), undefined);
      assert.deepEqual(
        failures.map(({ property }) => property),
        ["build.context"],
      );
    });

    describe("of an image that is taken over by its id", () => {
      const taken = (more: Record<string, unknown> = {}) =>
        declared({ build: undefined, existingId: "image-1", version: "1.2", ...more });

      it("needs neither Docker nor a context: one look at it, and none when nothing changed", async () => {
        ica.has({ version: "1.2" });
        const { inputs, failures } = await checkedImage(context, taken(), undefined);
        assert.deepEqual(failures, []);
        assert.equal(inputs.contextHash, "");
        const calls = () => server.seen.filter(({ method }) => method === "GET").map(({ path: each }) => each);
        assert.deepEqual(calls(), ["/api/dockerImages/image-1"]);
        assert.deepEqual(await checkedImage(context, taken(), inputs), { inputs, failures: [] });
        assert.equal(calls().length, 1);
      });

      const refused: [string, Parameters<ImageServer["has"]>[0], RegExp][] = [
        ["has another version", { version: "1.3" }, /version is 1\.3, not 1\.2/],
        ["has another name", { name: "other" }, /name is other, not rstudio/],
        ["is of another type", { type: "TOOL" }, /type is TOOL, not BENCH/],
        [
          "ICA could not make",
          { status: "BUILDFAILED" },
          /is BUILDFAILED: ICA could not make it.*publish it anew, with/,
        ],
        ["is deleted", { status: "DELETED" }, /status is DELETED/],
        ["is not there", { id: "another" }, /ICA has no image with this id/],
      ];
      for (const [what, image, reason] of refused)
        it(`refuses one that ${what}, and so does creating it`, async () => {
          const { inputs } = await handler.check(context, taken({ existingId: unknownValue }), undefined);
          const later = { ...inputs, existingId: "image-1" };
          assert.ok(isKnown(later));
          ica.has({ version: "1.2", ...image });
          const { failures } = await checkedImage(context, taken(), undefined);
          assert.deepEqual(
            failures.map(({ property }) => property),
            ["existingId"],
          );
          assert.match(failures[0]?.reason ?? "", reason);
          await assert.rejects(handler.create(context, later), (error: unknown) => {
            assert.ok(error instanceof Error && !(error instanceof PartialError), "nothing of it stays in the state");
            assert.match(error.message, reason);
            return true;
          });
        });

      it("looks again when another one, or another version of it, is declared", async () => {
        ica.has({ version: "1.2" });
        const { inputs } = await checkedImage(context, taken(), undefined);
        for (const more of [{ existingId: "image-2" }, { version: "1.3" }, { name: "other" }]) {
          const { failures } = await checkedImage(context, taken(more), inputs);
          assert.deepEqual(
            failures.map(({ property }) => property),
            ["existingId"],
          );
        }
      });

      it("compares nothing that is not known yet", async () => {
        ica.has({ version: "1.2" });
        for (const more of [{ existingId: unknownValue }, { version: unknownValue }, { name: unknownValue }])
          assert.deepEqual((await checkedImage(context, taken(more), undefined)).failures, []);
      });
    });
  });

  describe("comparing", () => {
    const diff = (next: Partial<MaybeWithin<BenchImageInputs>>, state = stateWith()) =>
      handler.diff(context, "image-1", state, { ...imageInputs(), ...next });

    beforeEach(() => ica.has());

    it("finds nothing when nothing differs, whatever ICA reports beside it", async () => {
      assert.deepEqual(await diff({}), { kind: "unchanged" });
    });

    for (const next of [{ name: "x" }, { version: "x" }, { contextHash: "x" }, { existingId: "x" }]) {
      const [field = ""] = Object.keys(next);
      it(`makes another image of another ${field}`, async () => {
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
        assert.deepEqual(await diff(next), { kind: "update", hidden: false });
      });
    }

    it("says of one that was deleted that it is gone, and what to do, in the preview and when it is changed", async () => {
      const gone = /^PublishError: image rstudio \S+ \(id image-1\) is gone: .*Run "pulumi up --refresh"/;
      for (const deleted of [() => ica.images.clear(), () => ica.has({ status: "DELETED" })]) {
        deleted();
        await assert.rejects(diff({ regions: ["euc1"] }), gone);
        await assert.rejects(handler.update(context, "image-1", stateWith(), imageInputs({ regions: ["euc1"] })), gone);
      }
      assert.deepEqual(ica.written, []);
    });

    it("does not care where the context lies: another machine has it elsewhere", async () => {
      assert.deepEqual(await diff({ build: { context: "/elsewhere/image", dockerfile: "/elsewhere/Dockerfile" } }), {
        kind: "unchanged",
      });
    });

    it("never replaces because of what is not known yet", async () => {
      assert.deepEqual(await diff({ contextHash: unknownValue, version: unknownValue }), {
        kind: "update",
        hidden: false,
      });
    });

    it("publishes anew what ICA could not make", async () => {
      const failed = stateWith({}, dockerImage({ status: "BUILDFAILED" }));
      assert.deepEqual(await diff({}, failed), { kind: "replace", because: ["status"], deleteFirst: false });
    });

    it("goes on waiting for what ICA has not finished", async () => {
      const begun = stateWith({}, dockerImage({ status: "PARTIAL" }));
      assert.deepEqual(await diff({}, begun), { kind: "update", hidden: true });
    });
  });

  describe("creating", () => {
    it("takes over the very image that is there: no Docker, no upload, no write", async () => {
      ica.has();
      const { id, state } = await handler.create(context, imageInputs());
      assert.equal(id, "image-1");
      assert.equal(state.dataId, undefined);
      assert.deepEqual(state.urls, { use1: "registry/rstudio" });
      assert.deepEqual(state.benchSettings, { web: true, console: false, clusterCompatible: false });
      assert.deepEqual(ica.written, []);
    });

    it("adds the declared regions that a taken over image lacks, and removes none", async () => {
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

    it("makes no file in the project before there is an image to put into it: a failed build leaves nothing", async () => {
      await assert.rejects(handler.create(context, imageInputs()), /this test has no Docker/);
      assert.deepEqual(ica.written, []);
    });

    it("never publishes other content under a version that is there", async () => {
      ica.has({ version: "1.2" });
      await assert.rejects(handler.create(context, imageInputs({ version: "1.2" })), /is published already/);
      assert.deepEqual(ica.written, []);
    });

    it("tells what has to be clicked where ICA reports other settings", async () => {
      ica.has({ benchSettings: { access: { web: false, console: false } } });
      await handler.create(context, imageInputs());
      assert.match(context.log.warnings.join(), /web access is off in ICA but declared on.*Docker Repository/);
    });

    const takingOver = () => {
      const { build: _, ...rest } = imageInputs({ existingId: "image-1", version: "1.2", contextHash: "" });
      return rest;
    };

    it("takes over an image by its id", async () => {
      ica.has({ version: "1.2" });
      assert.equal((await handler.create(context, takingOver())).id, "image-1");
      assert.deepEqual(ica.written, []);
    });

    it("does not take over another image than was meant, and tells all that is wrong", async () => {
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
      assert.match(error.message, /ICA could not make image rstudio .*publishes it anew/);
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
    assert.match(error.message, /PARTIAL after 10m 00s.*goes on waiting/);
  });

  describe("reading", () => {
    it("shows what somebody changed by hand", async () => {
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
      it(`takes ${status} for gone`, async () => {
        ica.has({ status });
        assert.equal(await handler.read(context, "image-1", stateWith()), undefined);
      });
    }

    it("takes a 404 for gone when the list of images is there and does not have it", async () => {
      ica.has({ id: "another" });
      assert.equal(await handler.read(context, "image-1", stateWith()), undefined);
      assert.equal(server.count("GET", "/api/dockerImages"), 1);
    });

    it("does not take a 404 for gone when the list has the image all the same", async () => {
      ica.has();
      server.on("GET", "/api/dockerImages/image-1", problem(404, "Not found"));
      assert.equal((await handler.read(context, "image-1", stateWith()))?.state.imageId, "image-1");
    });

    it("does not take a 404 for gone when there is no list either: that is a wrong address", async () => {
      const other = await ScriptedServer.start();
      await assert.rejects(handler.read(contextFor(other.baseUrl), "image-1", stateWith()), IcaError);
      await other.close();
    });

    for (const status of [400, 401, 403, 500]) {
      it(`does not take ${status} for gone`, async () => {
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

    it("goes on waiting for what ICA has not finished within timeouts.create, the only limit there is", async () => {
      ica.has({ status: "PARTIAL" });
      const begun = stateWith({}, dockerImage({ status: "PARTIAL" }));
      const limits = { create: "10m", update: "1m", delete: "1m" };
      const error = await partialOf<BenchImageState>(
        handler.update(context, "image-1", begun, imageInputs({ timeouts: limits })),
      );
      assert.match(
        error.message,
        /PARTIAL after 10m 00s.*goes on waiting; a longer limit is set with timeouts\.create/s,
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

    it("removes the regions where that is declared", async () => {
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
