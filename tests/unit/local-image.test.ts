import { strict as assert } from "node:assert";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { LocalImage } from "../../sdk";
import { referenceOf } from "../../sdk/bench-image";

describe("an image of @pulumi/docker", () => {
  before(async () => {
    await pulumi.runtime.setMocks({
      newResource: ({ name, inputs }) => ({ id: name, state: { ...inputs, imageName: `${inputs.imageName}:built` } }),
      call: () => ({}),
    });
  });

  it("can be published as it is: its local reference is what counts", async () => {
    const made = new docker.Image("bench", { imageName: "mybench", build: { context: "." }, skipPush: true });
    // Compiles only while this package's own shape and the other package's class agree.
    const local: LocalImage = made;
    const reference = await new Promise((resolve) => pulumi.output(referenceOf(local)).apply(resolve));
    assert.equal(reference, "mybench:built");
  });

  it("is told from a plain reference", () => {
    assert.equal(referenceOf("mybench:0.0.1"), "mybench:0.0.1");
    assert.equal(referenceOf(undefined), undefined);
  });
});
