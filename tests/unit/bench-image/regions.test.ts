import assert from "node:assert/strict";
import { describeRegions, regionsOf } from "../../../provider/bench-image/regions/regions";
import { recordOf, stateOf } from "../../../provider/bench-image/state";
import { dockerImage, imageInputs } from "../../support/factories";

const inRegions = (...regions: { region: { id: string; code?: string }; url?: string }[]) =>
  dockerImage({ internalDockerImageSettings: { regions } });

describe("the regions of an image", () => {
  const image = inRegions({ region: { id: "ID-2", code: "use1" }, url: "u" }, { region: { id: "id-1", code: "euc1" } });

  it("are those ICA reports", () => {
    assert.deepEqual(regionsOf(image), [
      { id: "ID-2", code: "use1", url: "u" },
      { id: "id-1", code: "euc1", url: undefined },
    ]);
    assert.deepEqual(regionsOf(dockerImage({ internalDockerImageSettings: null })), []);
  });

  it("are written as they were declared: codes stay codes, ids stay ids, in upper or lower case", () => {
    assert.deepEqual(describeRegions(image, ["USE1", "euc1"]), ["USE1", "euc1"]);
    assert.deepEqual(describeRegions(image, ["id-2", "euc1"]), ["euc1", "id-2"]);
  });

  it("show one that was added or removed by hand", () => {
    assert.deepEqual(describeRegions(image, ["use1"]), ["euc1", "use1"]);
    assert.deepEqual(describeRegions(image, ["apn1", "euc1", "use1"]), ["euc1", "use1"]);
    assert.deepEqual(describeRegions(inRegions({ region: { id: "id-3" } }), ["use1"]), ["id-3"]);
  });
});

describe("the state of an image", () => {
  it("gives the address in each region by code, or by id when ICA gives no code", () => {
    const image = inRegions(
      { region: { id: "id-1", code: "use1" }, url: "a" },
      { region: { id: "id-2" }, url: "b" },
      { region: { id: "id-3", code: "euc1" } },
    );
    assert.deepEqual(stateOf(image, imageInputs(), {}).urls, { use1: "a", "id-2": "b" });
  });

  it("keeps what an earlier run uploaded", () => {
    const done = {
      archive: { projectId: "elsewhere", dataId: "fil.1", name: "a.tar", size: 7, sha256: "5ha" },
      imageDigest: "sha256:1",
      contextDigest: { dockerfile: "abcd", files: "Dockerfile=abcd" },
    };
    assert.deepEqual(recordOf(stateOf(dockerImage(), imageInputs(), done)), done);
    assert.deepEqual(recordOf(stateOf(dockerImage(), imageInputs(), {})), {
      archive: undefined,
      imageDigest: undefined,
      contextDigest: undefined,
    });
  });
});
