import assert from "node:assert/strict";
import { describeLayers, LayerCount } from "../../../provider/archive/layer-summary";

const layer = (packed = false) => ({ name: "blobs/sha256/x", size: 3_000_000, packed });

describe("what became of the layers", () => {
  it("counts a layer as cached only if all of its pieces were, and nothing that is no layer", () => {
    const count = new LayerCount();
    const [whole, half, none] = [layer(), layer(), layer()];
    for (const [of, cached] of [
      [undefined, true],
      [whole, true],
      [whole, true],
      [half, true],
      [half, false],
      [half, true],
      [none, false],
      [undefined, false],
    ] as const)
      count.add(of, cached);
    assert.deepEqual(count.read(), { layers: 3, cached: 1, packed: 0, packedBytes: 0 });
    assert.deepEqual(describeLayers(count.read()), {
      info: "; 1 of 3 layers came from the layer cache",
      warning: undefined,
    });
  });

  it("warns of layers that are compressed already, with the way out", () => {
    const count = new LayerCount();
    count.add(layer(true), false);
    count.add(layer(), false);
    const { warning = "" } = describeLayers(count.read());
    assert.match(warning, /^Docker gave 1 of 2 layers \(3 MB\) compressed already/);
    assert.match(warning, /declare archive: \{ compression: "none" \}/);
  });

  it("does not mention layers when there are none", () => {
    assert.deepEqual(describeLayers(new LayerCount().read()), { info: "", warning: undefined });
  });
});
