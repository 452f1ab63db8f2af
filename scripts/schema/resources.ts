import type { z } from "zod";
import { benchImageShape } from "../../provider/bench-image/inputs";
import { benchImageState } from "../../provider/bench-image/saved-state";
import type { Shape } from "../../provider/inputs/inputs";
import { workspaceShape } from "../../provider/workspace/inputs";
import { effects } from "../../provider/workspace/plan/changes";
import { workspaceState } from "../../provider/workspace/saved-state";
import type { SdkSource } from "./sdk-source";
import type { Properties, PropertySpec, ResourceSpec } from "./spec";
import type { Types } from "./types";

/** A resource: its name, the fields of its inputs and of its state, and the inputs whose every change replaces it. */
interface Resource {
  readonly name: string;
  readonly inputs: Shape;
  readonly state: Shape;
  readonly replacing: readonly string[];
}

/** A field with several rules replaces the workspace only sometimes. */
const replacesWorkspace = Object.entries(effects)
  .filter(([, rule]) => "effect" in rule && rule.effect === "replace")
  .map(([field]) => field);

const all: readonly Resource[] = [
  {
    name: "BenchImage",
    inputs: benchImageShape,
    state: benchImageState,
    replacing: ["name", "version"],
  },
  { name: "Workspace", inputs: workspaceShape, state: workspaceState, replacing: replacesWorkspace },
];

/** The resources by token. */
export function resources(sdk: SdkSource, types: Types): Readonly<Record<string, ResourceSpec>> {
  return Object.fromEntries(all.map((each) => [`ica:index:${each.name}`, resourceSpec(each, sdk, types)]));
}

function resourceSpec({ name, inputs, state, replacing }: Resource, sdk: SdkSource, types: Types): ResourceSpec {
  const declared = sdk.fieldsOf(`${name}Args`);
  const outputs = sdk.fieldsOf(name);
  const inputProperties = documented(inputs, (field, schema) => {
    const found = declared.get(field);
    if (found === undefined) {
      throw new Error(`sdk: ${name}Args has no ${field}`);
    }
    const spec = types.property(name, field, schema, found);
    return replacing.includes(field) ? { ...spec, willReplaceOnChanges: true } : spec;
  });
  // What the SDK does not document is the provider's own.
  const properties = documented(state, (field, schema) => {
    const { default: _, ...input } = inputProperties[field] ?? {};
    const output = outputs.get(field);
    if (output === undefined) {
      return inputProperties[field] === undefined ? undefined : (input as PropertySpec);
    }
    const type = inputProperties[field] === undefined ? types.property(name, field, schema, output) : input;
    const { default: __, ...spec } = type as PropertySpec;
    return { ...spec, description: output.description } as PropertySpec;
  });
  return {
    description: sdk.description(name),
    properties,
    required: Object.keys(properties).filter(
      (field) => !state[field]?.safeParse(undefined).success || isFilledIn(state[field]),
    ),
    inputProperties,
    requiredInputs: Object.keys(inputProperties).filter((field) => declared.get(field)?.isOptional === false),
    aliases: [{ type: `pulumi-nodejs:dynamic/ica:${name}` }],
  };
}

/** Whether a state has the field although an older version did not write it. */
function isFilledIn(schema: z.ZodType | undefined): boolean {
  return schema?.safeParse(undefined).data !== undefined;
}

function documented(shape: Shape, spec: (field: string, schema: z.ZodType) => PropertySpec | undefined): Properties {
  return Object.fromEntries(
    Object.entries(shape).flatMap(([field, schema]) => {
      const found = spec(field, schema);
      return found === undefined ? [] : [[field, found]];
    }),
  );
}
