import assert from "node:assert/strict";
import { HostedExample } from "./hosted-example";

describe("the workflows of examples/pull-request", function () {
  this.timeout(300_000);
  let hosted: HostedExample;

  before(async () => {
    hosted = await HostedExample.start();
  });
  after(() => hosted?.close());

  it("apply a merge", async () => {
    const { up } = await hosted.merge();
    assert.equal(up?.result, "success", up?.steps.at(-1)?.log);
    assert.match(up?.steps.at(-1)?.log ?? "", /created/);
  });
});
