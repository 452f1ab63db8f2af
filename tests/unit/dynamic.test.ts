import assert from "node:assert/strict";
import sinon from "sinon";
import type { Context } from "../../provider/context";
import { DynamicProvider } from "../../provider/dynamic";
import type { ResourceHandler } from "../../provider/handler";
import { IcaError, refusal } from "../../provider/ica/error";

const urn = "urn:pulumi:dev::project::pulumi-nodejs:dynamic/ica:Workspace::hello";

describe("deleting a resource, by Pulumi's dynamic host", () => {
  async function failing(error: Error): Promise<string> {
    const handler: ResourceHandler<object, object, Context> = {
      check: sinon.stub(),
      diff: sinon.stub(),
      create: sinon.stub(),
      read: sinon.stub(),
      update: sinon.stub(),
      delete: async () => {
        throw error;
      },
    };
    const provider = new DynamicProvider("Workspace", handler);
    const get = (key: string) => (key === "ica:apiKey" ? "key" : undefined);
    await provider.configure({ config: { get, require: (key) => get(key) ?? "" } });
    let words = "";
    await assert.rejects(provider.delete("ws-1", { __urn: urn, name: "hello" }), (thrown: unknown) => {
      words = String(thrown);
      return true;
    });
    return words;
  }

  it("tells how to let go of what is in an ICA that is gone", async () => {
    const unreachable = new IcaError({ kind: "unreachable", call: "POST /api/tokens", message: "no answer." });
    assert.equal(
      await failing(unreachable),
      `Workspace hello: no answer. Only where this ICA is gone for good: "pulumi state delete '${urn}'" lets the stack forget what was in it.`,
    );
  });

  it("tells so of no other failure", async () => {
    for (const error of [refusal("POST /x", 500, {}), new Error("not now")])
      assert.equal(await failing(error), `Workspace hello: ${error.message}`);
  });
});
