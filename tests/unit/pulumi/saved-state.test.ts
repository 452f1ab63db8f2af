import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { z } from "zod";
import { benchImageHandler } from "../../../provider/bench-image/handler";
import type { Saved } from "../../../provider/handler";
import { SavedStateError } from "../../../provider/inputs/saved";
import { DynamicProvider } from "../../../provider/pulumi/dynamic";
import { workspaceHandler } from "../../../provider/workspace/handler";
import { stateOf } from "../../../provider/workspace/state";
import { liveWorkspace, workspaceInputs } from "../../support/factories";
import { anyInputs, liveFrom, statuses } from "../../support/workspace-pairs";

const properties = z.record(z.string(), z.unknown());
const stack = z
  .object({
    deployment: z.object({
      resources: z.array(
        z.object({ type: z.string(), id: z.string().default(""), inputs: properties, outputs: properties }).partial(),
      ),
    }),
  })
  .parse(JSON.parse(readFileSync(path.resolve(__dirname, "../../state/0.1.0/stack.json"), "utf8")));

/** The resources of a kind in the state that version 0.1.0 wrote. */
const kept = (kind: "BenchImage" | "Workspace") => {
  const found = stack.deployment.resources.filter(({ type }) => type === `pulumi-nodejs:dynamic/ica:${kind}`);
  assert.ok(found.length > 0, kind);
  return found.map(({ id = "", inputs = {}, outputs = {} }) => ({ id, inputs, outputs }));
};

/** The values without the keys of the machinery, as JSON has them. */
const visible = (values: object): unknown =>
  Object.fromEntries(
    Object.entries(JSON.parse(JSON.stringify(values))).filter(([key]) => !/^__(provider|urn|secrets|now)$/.test(key)),
  );

describe("a saved state", () => {
  const handlers = { BenchImage: benchImageHandler, Workspace: workspaceHandler };

  for (const kind of ["BenchImage", "Workspace"] as const) {
    const handler = handlers[kind];

    it(`of a ${kind} that version 0.1.0 wrote is read whole`, () => {
      for (const { id, inputs, outputs } of kept(kind)) {
        const state: object = handler.parseState(id, outputs);
        const before: object = handler.parseInputs(inputs);
        assert.deepEqual(visible(state), visible(outputs));
        assert.deepEqual(visible(before), visible(inputs));
      }
    });

    it(`of a ${kind} may hold more than this version knows`, () => {
      for (const { id, outputs } of kept(kind))
        assert.deepEqual(
          handler.parseState(id, { ...outputs, ofTheFuture: { deep: [1] } }),
          handler.parseState(id, outputs),
        );
    });

    it(`of a ${kind} is refused with a clear error when a field has another form, without the value`, () => {
      for (const { id, outputs } of kept(kind)) {
        const newer = { ...outputs, access: "s3cret", status: 7 };
        const name = String(outputs.name);
        assert.throws(
          () => handler.parseState(id, newer),
          (error: unknown) => {
            assert.ok(error instanceof SavedStateError);
            assert.match(error.message, new RegExp(`^the state of ${kind} "${name}" cannot be read: `));
            assert.match(
              error.message,
              /access is not an object; status is not a string|status is not a string; access is not an object/,
            );
            assert.match(error.message, /If a newer version of pulumi-ica wrote it, install that version/);
            assert.doesNotMatch(error.message, /s3cret/);
            return true;
          },
        );
      }
    });
  }

  it("without outputs that an older version did not write has them filled in", () => {
    const { workspaceId: _, status: __, ...older } = stateOf(liveWorkspace(), workspaceInputs());
    const { allowDataLoss: ___, ...oldest } = older;
    const state = workspaceHandler.parseState("ws-1", oldest);
    assert.deepEqual([state.workspaceId, state.status, state.allowDataLoss], ["ws-1", "Unknown", false]);
    const [image] = kept("BenchImage");
    const { urls: _urls, benchSettings: _settings, archive: _archive, imageId: _id, ...rest } = image?.outputs ?? {};
    const parsed = benchImageHandler.parseState("image-1", rest);
    assert.deepEqual(
      [parsed.urls, parsed.benchSettings, parsed.archive, parsed.imageId],
      [{}, {}, { compression: "bzip2" }, "image-1"],
    );
  });

  it("shows no value of a build that it cannot read", () => {
    const [image] = kept("BenchImage");
    const build = { context: "./image", secrets: { token: { vault: "s3cret" } } };
    assert.throws(
      () => benchImageHandler.parseState("image-1", { ...image?.outputs, build }),
      (error: unknown) => {
        assert.match(String(error), /build\.secrets\.token has a form that this version does not know\./);
        assert.doesNotMatch(String(error), /s3cret/);
        return true;
      },
    );
  });

  it("names the resource and the field to the user, on every call of the engine that reads it", async () => {
    const provider = new DynamicProvider("Workspace", workspaceHandler);
    const get = (key: string) => (key === "ica:apiKey" ? "key" : undefined);
    await provider.configure({ config: { get, require: (key) => get(key) ?? "" } });
    const saved: Record<string, unknown> = { ...stateOf(liveWorkspace(), workspaceInputs()), storageGb: "64 GB" };
    const news: Record<string, unknown> = { ...workspaceInputs() };
    const words = /the state of Workspace "genomics" cannot be read: storageGb is not a number\. If a newer version/;
    await assert.rejects(provider.diff("ws-1", saved, news), words);
    await assert.rejects(provider.update("ws-1", saved, news), words);
    await assert.rejects(provider.read("ws-1", saved), words);
    await assert.rejects(provider.delete("ws-1", saved), words);
    const { failures } = await provider.check(saved, news);
    assert.match(failures?.[0]?.reason ?? "", words);
  });

  it("of any workspace that this version writes is read as it was written", () => {
    fc.assert(
      fc.property(anyInputs, statuses, fc.constantFrom({}, { restarting: true as const }), (inputs, status, more) => {
        const state = { ...stateOf({ ...liveFrom(inputs, status), webUrl: "http://web" }, inputs), ...more };
        const saved: Saved = properties.parse(JSON.parse(JSON.stringify(state)));
        assert.deepEqual(workspaceHandler.parseState("other", saved), saved);
      }),
      { numRuns: 300 },
    );
  });
});
