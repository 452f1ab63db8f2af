import { strict as assert } from "node:assert";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { LocalImage } from "../../../sdk";
import { referenceOf } from "../../../sdk/bench-image";

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

  it("is distinct from a plain reference", () => {
    assert.equal(referenceOf("mybench:0.0.1"), "mybench:0.0.1");
    assert.equal(referenceOf(undefined), undefined);
  });

  it("is not looked for by a preview before it is built: its name is known then, and it is not there yet", async () => {
    const mocks: pulumi.runtime.Mocks = {
      newResource: ({ inputs }) => ({ id: "", state: { ...inputs } }),
      call: () => ({}),
    };
    await pulumi.runtime.setMocks(mocks, "project", "stack", true);
    const made = new docker.Image("bench", { imageName: "mybench", build: { context: "." }, skipPush: true });
    const reference = pulumi.output(referenceOf(made));
    assert.equal(await isKnown(made.imageName), true);
    assert.equal(await isKnown(reference), false);
  });
});

/** Whether a preview knows a value: what Pulumi itself keeps of each output. */
async function isKnown(value: pulumi.Output<unknown>): Promise<unknown> {
  return Reflect.get(value, "isKnown");
}
