import assert from "node:assert/strict";
import fc from "fast-check";
import * as identity from "../../../provider/bench-image/identity";
import { contextHash, imageInputs } from "../../support/factories";

describe("the identity of an image", () => {
  it("gives the version that follows the content", () => {
    assert.equal(identity.versionFor(contextHash), "0123456789ab");
  });

  it("names the archive by name, version, content and compression", () => {
    const inputs = imageInputs({ version: "1.2" });
    assert.equal(identity.archiveName(inputs), "rstudio-1.2-0123456789ab.tar.bz2");
    assert.equal(identity.archivePath(inputs), "/bench-images/rstudio-1.2-0123456789ab.tar.bz2");
    assert.equal(identity.archiveName({ ...inputs, archive: { compression: "none" } }), "rstudio-1.2-0123456789ab.tar");
  });

  it("gives another archive for other content", () => {
    const other = imageInputs({ contextHash: "f".repeat(64) });
    assert.notEqual(identity.archiveName(other), identity.archiveName(imageInputs()));
  });

  it("never gives a file name with a slash or a blank, for any image name", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (name, version) => {
        assert.match(identity.archiveName(imageInputs({ name, version })), /^[A-Za-z0-9._-]+$/);
      }),
    );
  });

  it("always gives a reference that Docker takes, however the image is called", () => {
    // The grammar of docker.io/distribution/reference, without a registry.
    const valid = /^pulumi-ica\/[a-z0-9]+(?:-[a-z0-9]+)*:[0-9a-f]{12}$/;
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 255 }), (name) => {
        const reference = identity.localReference({ name, contextHash });
        assert.match(reference, valid);
        assert.ok(reference.length <= 255);
      }),
    );
    assert.equal(identity.localReference({ name: "My R/Studio!", contextHash }), "pulumi-ica/my-r-studio:0123456789ab");
    const longest = identity.localReference({ name: "a".repeat(255), contextHash });
    assert.match(longest, valid);
    assert.ok(longest.length <= 255, `${longest.length} characters`);
    assert.match(identity.localReference({ name: `${"a".repeat(99)} b`, contextHash }), valid);
  });
});

describe("the tags of an archive", () => {
  it("say what it holds, and are read back", () => {
    const tags = identity.archiveTags(imageInputs({ version: "1.2" }), "5ha", "image-1");
    assert.deepEqual(tags, [
      `pulumi-ica:context=${contextHash}`,
      "pulumi-ica:name=rstudio",
      "pulumi-ica:version=1.2",
      "pulumi-ica:sha256=5ha",
      "pulumi-ica:image=image-1",
    ]);
    assert.deepEqual(identity.readTags(tags), { contextHash, sha256: "5ha", imageId: "image-1" });
  });

  it("leave out what is not known", () => {
    const tags = identity.archiveTags(imageInputs(), undefined, undefined);
    assert.equal(tags.length, 3);
    assert.deepEqual(identity.readTags(tags), { contextHash, sha256: undefined, imageId: undefined });
  });

  it("replace ours and keep those of other people", () => {
    assert.deepEqual(identity.mergeTags(["theirs", null, "pulumi-ica:version=old"], ["pulumi-ica:version=new"]), [
      "theirs",
      "pulumi-ica:version=new",
    ]);
    assert.deepEqual(identity.mergeTags(undefined, ["x"]), ["x"]);
    assert.deepEqual(identity.mergeTags(null, ["x"]), ["x"]);
  });

  it("do not change when they are written once more", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.string())), (present) => {
        const ours = identity.archiveTags(imageInputs(), "5ha", "image-1");
        const once = identity.mergeTags(present, ours);
        assert.deepEqual(identity.mergeTags(once, ours), once);
      }),
    );
  });

  it("of an unknown form say nothing", () => {
    assert.deepEqual(identity.readTags([null, "theirs"]), {
      contextHash: undefined,
      sha256: undefined,
      imageId: undefined,
    });
  });
});
