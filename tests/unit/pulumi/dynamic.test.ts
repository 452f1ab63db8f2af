import assert from "node:assert/strict";
import sinon from "sinon";
import type { Context } from "../../../provider/context";
import type { ResourceHandler } from "../../../provider/handler";
import { IcaError, refusal } from "../../../provider/ica/transport/error";
import { DynamicProvider } from "../../../provider/pulumi/dynamic";
import { Run } from "../../../provider/pulumi/last-up";

const urn = "urn:pulumi:dev::project::pulumi-nodejs:dynamic/ica:Workspace::hello";

describe("deleting a resource, by Pulumi's dynamic host", () => {
  async function failing(error: Error): Promise<string> {
    const handler: ResourceHandler<object, object, Context> = {
      parseInputs: (saved) => saved,
      parseState: (_, saved) => saved,
      check: sinon.stub(),
      diff: sinon.stub(),
      create: sinon.stub(),
      read: sinon.stub(),
      update: sinon.stub(),
      delete: async () => {
        throw error;
      },
    };
    const run = new Run();
    run.programRuns();
    const provider = new DynamicProvider("Workspace", handler, run);
    const get = (key: string) => (key === "ica:apiKey" ? "key" : undefined);
    await provider.configure({ config: { get, require: (key) => get(key) ?? "" } });
    let words = "";
    await assert.rejects(provider.delete("ws-1", { __urn: urn, name: "hello" }), (thrown: unknown) => {
      words = String(thrown);
      return true;
    });
    return words;
  }

  it("says how to remove resources of an ICA that is gone from the state", async () => {
    const unreachable = new IcaError({ kind: "unreachable", call: "POST /api/tokens", message: "no answer." });
    assert.equal(
      await failing(unreachable),
      `Workspace hello: no answer. Only where this ICA is gone for good: "pulumi state delete '${urn}'" lets the stack forget what was in it.`,
    );
  });

  it("does not say so for any other failure", async () => {
    for (const error of [refusal("POST /x", 500, {}), new Error("not now")])
      assert.equal(await failing(error), `Workspace hello: ${error.message}`);
  });
});

describe("a failure that a setting explains, by Pulumi's dynamic host", () => {
  const advice = /Pulumi refreshes and destroys with the configuration of the last "pulumi up".*--run-program/;

  async function readFails(error: Error, { afterCheck }: { afterCheck: boolean }): Promise<string> {
    const handler: ResourceHandler<object, object, Context> = {
      parseInputs: (saved) => saved,
      parseState: (_, saved) => saved,
      check: async () => ({ inputs: {}, failures: [] }),
      diff: sinon.stub(),
      create: sinon.stub(),
      read: sinon.stub().rejects(error),
      update: sinon.stub(),
      delete: sinon.stub(),
    };
    const provider = new DynamicProvider("Workspace", handler, new Run());
    const get = (key: string) => (key === "ica:apiKey" ? "key" : undefined);
    await provider.configure({ config: { get, require: (key) => get(key) ?? "" } });
    if (afterCheck) await provider.check({}, {});
    const [outcome] = await Promise.allSettled([provider.read("ws-1", {})]);
    assert.equal(outcome?.status, "rejected");
    return String(outcome.reason);
  }

  const gone = new IcaError({ kind: "unreachable", call: "GET /x", message: "no answer." });
  for (const [what, error] of [
    ["a refused key", refusal("POST /api/tokens", 401, {})],
    ["an address that is not ICA's", refusal("POST /api/tokens", 404, {})],
    ["no answer", gone],
    ["a wrapped one", new Error("no answer, and more", { cause: gone })],
    ["a missing project", refusal("GET /api/projects/p-1", 404, {})],
  ] as const)
    it(`says that the configuration may be that of the last up: ${what}`, async () => {
      assert.match(await readFails(error, { afterCheck: false }), advice);
      assert.doesNotMatch(await readFails(error, { afterCheck: true }), advice, "a check has today's configuration");
    });

  it("says so of no other failure", async () => {
    for (const error of [refusal("GET /x", 500, {}), refusal("GET /x", 404, {}), new Error("not now")])
      assert.doesNotMatch(await readFails(error, { afterCheck: false }), advice);
  });
});
