import type { BenchImageInputs } from "../../../../provider/bench-image/inputs";
import { type BenchImageState, stateOf } from "../../../../provider/bench-image/state";
import { dockerImage, imageInputs } from "../../../support/factories";

/** The state of a published image with these inputs, as ICA reports it. */
export const stateWith = (inputs: Partial<BenchImageInputs> = {}, reported = dockerImage()): BenchImageState =>
  stateOf(reported, imageInputs(inputs), {
    archive: { projectId: "p", dataId: "fil.1", name: "a.tar.bz2", size: 7, sha256: "5ha" },
    imageDigest: "sha256:1",
  });
