import assert from "node:assert/strict";
import { benchImageHandler as handler } from "../../../provider/bench-image/handler";
import { archivePath, archiveTags, imageTag } from "../../../provider/bench-image/identity";
import { eachImage, type ScriptedImages } from "../../support/each/each-image";
import { imageInputs } from "../../support/factories";
import { ok } from "../../support/servers/scripted-server";

describe("two runs that register one version at the same moment, when ICA accepts both", () => {
  const ours = imageInputs({ version: "1.2" });
  const others = imageInputs({ version: "1.2", contextHash: "f".repeat(64) });
  let server: ScriptedImages["server"];
  let ica: ScriptedImages["ica"];
  let context: ScriptedImages["context"];

  eachImage((scripted) => {
    ({ server, ica, context } = scripted);
    ica.stores({
      id: "fil.ours",
      path: archivePath(ours),
      tags: archiveTags(ours, "5ha", undefined),
      format: "DOCKER",
    });
  });

  /** Both calls are answered; the image of the other run was created at that second. */
  const meeting = (second: number, uploaded?: () => void) =>
    server.on("POST", "/api/dockerImages:createInternal", () => {
      uploaded?.();
      ica.has({ id: "theirs", version: "1.2", timeCreated: `2026-03-01T00:00:0${second}Z` });
      return ok(ica.has({ id: "ours", version: "1.2", timeCreated: "2026-03-01T00:00:01Z" }));
    });
  const otherContent = (image?: string) => () =>
    ica.stores({ id: "fil.theirs", path: archivePath(others), tags: archiveTags(others, "5hb", image) });
  const tagsOf = (file: string) => ica.files.get(file)?.tags ?? [];

  for (const [when, image] of [
    ["has named its image on its archive", "theirs"],
    ["has not yet named its image on its archive", undefined],
  ] as const)
    it(`never share an image of different content: the later one fails, when the other ${when}`, async () => {
      meeting(0, otherContent(image));
      await assert.rejects(
        handler.create(context, ours),
        /rstudio 1\.2 is published already \(id theirs\) and holds other content \(f{12}, this is 0123456789ab\)/,
      );
      assert.ok(
        !tagsOf("fil.ours").includes(imageTag("theirs")),
        "an archive names no image that was not made from it",
      );
      const [warning = ""] = context.log.warnings;
      assert.match(warning, /its image theirs has the version, and ours, which this run registered, is not used/);
      assert.match(warning, /ICA has no call to delete ours/);
      assert.doesNotMatch(warning, /holds the same/);
    });

  it("leave the version to the older image, even when the other holds different content", async () => {
    meeting(2, otherContent());
    assert.equal((await handler.create(context, ours)).id, "ours");
    assert.ok(tagsOf("fil.ours").includes(imageTag("ours")));
    assert.deepEqual(context.log.warnings, []);
  });

  it("both use the older one when they have the same content", async () => {
    meeting(0);
    assert.equal((await handler.create(context, ours)).id, "theirs");
    assert.match(context.log.warnings.join(), /its image theirs is used, and ours, which holds the same, is not/);
  });
});
