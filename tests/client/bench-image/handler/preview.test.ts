import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { benchImageHandler as handler } from "../../../../provider/bench-image/handler";
import { archiveTags } from "../../../../provider/bench-image/identity";
import { type BenchImageState, stateOf } from "../../../../provider/bench-image/state";
import { PartialError } from "../../../../provider/handler";
import { isKnown, unknownValue } from "../../../../provider/inputs/unknown";
import { contextFor, type TestContext } from "../../../support/context";
import { makeContext, removeContext } from "../../../support/context-folder";
import { eachImage, type ScriptedImages } from "../../../support/each/each-image";
import { checkedImage } from "../../../support/known";
import type { ImageServer } from "../../../support/servers/image-server";

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

    it("keeps the hash that the engine passes for ignoreChanges, and accepts no other hash", async () => {
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

    it("says why an image is rebuilt: which files and args changed since the state was written", async () => {
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

    it("finds the published image, which an up then reads with one call by its id", async () => {
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

    it("reports problems of files and regions together with problems of values", async () => {
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

    describe("of an image that is adopted by its id", () => {
      const taken = (more: Record<string, unknown> = {}) =>
        declared({ build: undefined, existingId: "image-1", version: "1.2", ...more });

      it("needs neither Docker nor a context: one read, and none when nothing changed", async () => {
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
          /is BUILDFAILED: ICA could not make it.*publish it again, with/,
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
            assert.ok(
              error instanceof Error && !(error instanceof PartialError),
              "the image does not stay in the state",
            );
            assert.match(error.message, reason);
            return true;
          });
        });

      it("looks again when another id, version or name is declared", async () => {
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
});
