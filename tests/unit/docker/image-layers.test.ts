import assert from "node:assert/strict";
import { instructionOf } from "../../../provider/docker/image-layers";

describe("the instruction that made a layer", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["", "the base image"],
    ["RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"],
    ["/bin/sh -c apt-get   update", "RUN apt-get update"],
    ['/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'],
    ["COPY a /usr/local/bin/ # buildkit", "COPY a /usr/local/bin/"],
    ["RUN /bin/bash -o pipefail -c echo -c x # buildkit", "RUN echo -c x"],
    ["RUN |1 KEY=/bin/sh -c fake /bin/sh -c make -c x # buildkit", "RUN make -c x"],
    ["RUN |2 A=b C=d /bin/bash -e -o pipefail -c echo hi # buildkit", "RUN echo hi"],
    ["|1 A=b something", "RUN …"],
    ["bazel build ...", "bazel build ..."],
  ];
  for (const [createdBy, instruction] of cases) {
    it(`is ${JSON.stringify(instruction)} for ${JSON.stringify(createdBy)}`, () => {
      assert.equal(instructionOf(createdBy), instruction);
    });
  }

  it("is found in a text of a megabyte that is made to be slow", () => {
    const before = process.cpuUsage();
    for (const text of [`RUN |1 ${"/a -c ".repeat(200_000)}`, `RUN /a ${"-c ".repeat(300_000)}`, " ".repeat(1e6)])
      instructionOf(`${text}x`);
    const { user } = process.cpuUsage(before);
    assert.ok(user < 5e6, `${user / 1e6} s`);
  });
});
