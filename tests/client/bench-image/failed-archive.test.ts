import assert from "node:assert/strict";
import { benchImageHandler as handler } from "../../../provider/bench-image/handler";
import { archivePath, archiveTags } from "../../../provider/bench-image/identity";
import type { BenchImageState } from "../../../provider/bench-image/state";
import { projectId } from "../../support/context";
import { eachImage, type ScriptedImages } from "../../support/each/each-image";
import { imageInputs } from "../../support/factories";
import { partialOf } from "../../support/partial";
import { ok, problem } from "../../support/servers/scripted-server";

describe("an archive that ICA could not make an image of", () => {
  const inputs = imageInputs();
  let server: ScriptedImages["server"];
  let ica: ScriptedImages["ica"];
  let context: ScriptedImages["context"];

  eachImage((scripted) => {
    ({ server, ica, context } = scripted);
    archiveOf("image-1");
  });

  const archiveOf = (image: string | undefined) =>
    ica.stores({ path: archivePath(inputs), tags: archiveTags(inputs, "5ha", image), format: "DOCKER" });
  const create = () => handler.create(context, inputs);
  /** This test has no Docker: an image that does not come from the archive fails there. */
  const buildsAnew = () => assert.rejects(create(), /this test has no Docker/);

  it("is not registered again: the provider deletes it, builds the image again, and logs both", async () => {
    ica.has({ status: "BUILDFAILED" });
    await buildsAnew();
    assert.deepEqual(ica.written, ["delete"]);
    assert.match(
      context.log.lines.join("\n"),
      /^uploading again: deleted archive .*fil\.1\), of which ICA could not make image image-1$/,
    );
  });

  it("is not registered again after a wait that ran out, and a refresh that saw the failure", async () => {
    server.on("POST", "/api/dockerImages:createInternal", () => ok(ica.has({ status: "PARTIAL" })));
    archiveOf(undefined);
    const { state } = await partialOf<BenchImageState>(create());
    ica.has({ status: "BUILDFAILED" });
    const live = await handler.read(context, "image-1", state);
    assert.ok(live !== undefined);
    assert.equal((await handler.diff(context, "image-1", live.state, inputs)).kind, "replace");
    await buildsAnew();
    assert.equal(server.count("POST", "/api/dockerImages:createInternal"), 1);
    assert.equal(ica.files.size, 0);
  });

  it("is not registered again by a run that had adopted the image of another run", async () => {
    ica.has({ status: "PARTIAL" });
    let looks = 0;
    server.on("GET", "/api/dockerImages/image-1", () =>
      ok(ica.has({ status: looks++ < 2 ? "PARTIAL" : "BUILDFAILED" })),
    );
    const { state } = await partialOf<BenchImageState>(create());
    assert.equal(state.status, "BUILDFAILED");
    await buildsAnew();
    assert.equal(server.count("POST", "/api/dockerImages:createInternal"), 0);
    assert.equal(ica.files.size, 0);
  });

  it("is an error when it cannot be deleted, before anything is built", async () => {
    ica.has({ status: "BUILDFAILED" });
    server.on("POST", `/api/projects/${projectId}/data/fil.1:delete`, problem(403, "Read only"));
    await assert.rejects(create(), /fil\.1\).* cannot be deleted, and would fail again\. Delete that file .*Read only/);
  });

  for (const [what, reported] of [
    ["was deleted", () => ica.has({ status: "DELETED" })],
    ["is not there any more", () => undefined],
  ] as const)
    it(`is used for another image when the one it names ${what}`, async () => {
      reported();
      ica.has({ id: "other", name: "other" });
      assert.equal((await create()).state.dataId, "fil.1");
    });

  it("costs no call when it names no image", async () => {
    archiveOf(undefined);
    await create();
    assert.equal(server.count("GET", /^\/api\/dockerImages\//), 0);
  });
});
