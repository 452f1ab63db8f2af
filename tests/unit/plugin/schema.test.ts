import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { configKeys } from "../../../provider/config";
import { schemaText } from "../../../provider/plugin/schema";
import { schemaJson } from "../../../scripts/schema/schema";

const file = path.join(__dirname, "../../../provider/plugin/schema.json");

const property = z.looseObject({
  description: z.string().min(1),
  $ref: z.string().optional(),
  default: z.unknown().optional(),
  secret: z.boolean().optional(),
});
const properties = z.record(z.string(), property);
const object = z.object({ properties, required: z.array(z.string()).default([]) });
const resource = object.extend({
  inputProperties: properties,
  requiredInputs: z.array(z.string()),
  aliases: z.array(z.object({ type: z.string() })),
});
const schema = z
  .object({
    config: z.object({ variables: properties }),
    provider: z.object({ inputProperties: properties }),
    types: z.record(z.string(), z.union([object, z.object({ enum: z.array(z.object({ value: z.string() })) })])),
    resources: z.object({ "ica:index:BenchImage": resource, "ica:index:Workspace": resource }),
    functions: z.record(z.string(), z.object({ inputs: object, outputs: object })),
  })
  .parse(JSON.parse(schemaText()));

const { "ica:index:BenchImage": image, "ica:index:Workspace": workspace } = schema.resources;

/** The names of the properties that have a mark. */
const marked = (all: z.output<typeof properties>, mark: string) =>
  Object.entries(all)
    .filter(([, spec]) => spec[mark] !== undefined)
    .map(([name]) => name);

describe("the plugin's schema", () => {
  it("is what the code says (UPDATE_DOCS=1 updates it; npm run sdks updates the SDKs, too)", async () => {
    const current = schemaJson();
    if (process.env.UPDATE_DOCS === "1") await writeFile(file, current);
    assert.equal(schemaText(), current);
  });

  it("requires what the SDK requires, and no name: the plugin makes one", () => {
    assert.deepEqual(workspace.requiredInputs, ["image", "resourceModel", "storageGb", "access", "network"]);
    assert.deepEqual(image.requiredInputs, ["access"]);
  });

  it("says of a field that it replaces only where each change does: a disk can grow", () => {
    assert.deepEqual(marked(workspace.inputProperties, "willReplaceOnChanges"), ["projectId"]);
    assert.deepEqual(marked(image.inputProperties, "willReplaceOnChanges"), ["name", "version", "existingId"]);
  });

  it("leaves the replacement to the plugin, which may refuse it: the engine forces none", () => {
    assert.doesNotMatch(schemaText(), /"replaceOnChanges"/);
  });

  it("has the dynamic types as aliases, so that a stack moves without a replacement", () => {
    assert.deepEqual(image.aliases, [{ type: "pulumi-nodejs:dynamic/ica:BenchImage" }]);
    assert.deepEqual(workspace.aliases, [{ type: "pulumi-nodejs:dynamic/ica:Workspace" }]);
  });

  it("has each setting, for the stack and for a provider, and only the key is secret", () => {
    for (const settings of [schema.config.variables, schema.provider.inputProperties]) {
      assert.deepEqual(
        Object.keys(settings).map((name) => `ica:${name}`),
        configKeys,
      );
      assert.deepEqual(marked(settings, "secret"), ["apiKey"]);
    }
  });

  it("lets no SDK copy the environment into the state of a provider", () => {
    assert.deepEqual(marked(schema.provider.inputProperties, "defaultInfo"), []);
    assert.deepEqual(marked(schema.config.variables, "defaultInfo"), Object.keys(schema.config.variables));
  });

  it("shows no output that is the provider's own", () => {
    for (const hidden of ["__contextDigest", "dataProjectId"]) assert.ok(!(hidden in image.properties), hidden);
    assert.ok(!("restarting" in workspace.properties));
  });

  it("has defaults for inputs only: an output is what ICA has", () => {
    assert.deepEqual(
      [image, workspace].flatMap(({ properties: outputs }) => marked(outputs, "default")),
      [],
    );
    assert.deepEqual(marked(workspace.inputProperties, "default"), ["allowRestart", "allowDataLoss"]);
  });

  it("speaks of no TypeScript: no links and no code of that language", () => {
    assert.doesNotMatch(schemaText(), /@link|```|\bundefined\b|\bRejects\b|\bThrows\b/);
  });

  it("returns a list of images as a field, since a function of a plugin returns an object", () => {
    assert.deepEqual(Object.keys(schema.functions), [
      "ica:index:getImage",
      "ica:index:getWorkspace",
      "ica:index:listImages",
    ]);
    assert.deepEqual(schema.functions["ica:index:listImages"]?.outputs.required, ["images"]);
  });
});
