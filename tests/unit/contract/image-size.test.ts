import assert from "node:assert/strict";
import fc from "fast-check";
import { checkSize, describeSize, largeImage } from "../../../provider/contract/image/size";
import { parseHistory } from "../../../provider/docker/image-layers";

const line = (CreatedBy: string, Size: number) => JSON.stringify({ CreatedBy, Size: String(Size), Comment: "" });
const madeBy = (createdBy: string) => parseHistory(line(createdBy, 1))[0]?.madeBy;

describe("the size of an image", () => {
  it("is reported with the largest layers and their instructions", () => {
    const history = [
      line('USER "ica"', 0),
      line("COPY site /usr/share/site # buildkit", 1_500_000),
      line("RUN /bin/sh -c apt-get update  && apt-get install -y r-base # buildkit", 2_340_000_000),
      line("/bin/sh -c #(nop) ADD file:1234 in / ", 116_000_000),
      line("", 80_000_000),
    ].join("\n");
    assert.equal(
      describeSize(parseHistory(`${history}\n`)),
      "2.5 GB in 4 layers, the largest: 2.3 GB by RUN apt-get update && apt-get install -y r-base; " +
        "116.0 MB by ADD file:1234 in /; 80.0 MB by the base image",
    );
    assert.equal(describeSize([]), "0.0 MB in 0 layers");
    const crumbs = [
      { madeBy: "RUN a", bytes: 5e6 },
      { madeBy: "USER ica", bytes: 0 },
      { madeBy: "COPY b c", bytes: 4e4 },
    ];
    assert.equal(describeSize(crumbs), "5.0 MB in 2 layers, the largest: 5.0 MB by RUN a");
  });

  it("is a warning only above the line that is drawn, with the largest layers named: ?ICA020", () => {
    const layers = (bytes: number) => [
      { madeBy: "RUN get-models", bytes: bytes - 1 },
      { madeBy: "COPY a b", bytes: 1 },
    ];
    assert.deepEqual(checkSize(layers(largeImage)), []);
    const [found, ...others] = checkSize(layers(largeImage + 1));
    assert.deepEqual(others, []);
    assert.deepEqual([found?.code, found?.severity], ["ICA020", "warning"]);
    assert.match(found?.message ?? "", /20\.0 GB in 2 layers, the largest: 20\.0 GB by RUN get-models/);
  });

  it("is reported with instructions as both builders write them", () => {
    assert.equal(madeBy("/bin/sh -c make"), "RUN make");
    assert.equal(madeBy("RUN /bin/bash -o pipefail -c make | tee log # buildkit"), "RUN make | tee log");
    assert.equal(madeBy("RUN |1 A=b /bin/sh -c head -c 5 /dev/zero # buildkit"), "RUN head -c 5 /dev/zero");
    assert.equal(madeBy("|2 A=b C=d e /bin/sh -c make"), "RUN make");
    assert.equal(madeBy("RUN |1 A=b cmd /S /C dir"), "RUN …");
    assert.equal(madeBy("RUN |1 A=/bin/sh -c hunter2 /bin/sh -c make # buildkit"), "RUN make");
  });

  it("never shows the value of a build argument", () => {
    const value = fc.stringMatching(/^hunter2[ -~]{0,12}$/);
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 3 }), fc.boolean(), (values, buildkit) => {
        const args = `|${values.length} ${values.map((one, i) => `ARG${i}=${one}`).join(" ")} /bin/sh -c make all`;
        assert.equal(madeBy(buildkit ? `RUN ${args} # buildkit` : args), "RUN make all");
      }),
    );
  });
});
