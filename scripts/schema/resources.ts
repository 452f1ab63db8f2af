import type { z } from "zod";
import { replacing } from "../../provider/bench-image/handler";
import { benchImageShape } from "../../provider/bench-image/inputs";
import { benchImageState } from "../../provider/bench-image/saved-state";
import type { Shape } from "../../provider/inputs/inputs";
import { workspaceShape } from "../../provider/workspace/inputs";
import { effects } from "../../provider/workspace/plan/changes";
import { workspaceState } from "../../provider/workspace/saved-state";
import { dynamicType, pluginType } from "../../sdk/machinery/type-token";
import type { Source } from "./source";
import { type PropertySpec, type ResourceSpec, typeOf } from "./spec";
import type { Types } from "./types";

interface Resource {
  readonly name: "BenchImage" | "Workspace";
  readonly inputs: Shape;
  readonly state: Shape;
  /** The fields whose every change makes another resource. */
  readonly replacing: readonly string[];
}

const benchImage: Resource = { name: "BenchImage", inputs: benchImageShape, state: benchImageState, replacing };

const workspace: Resource = {
  name: "Workspace",
  inputs: workspaceShape,
  state: workspaceState,
  // A field with several rules replaces a workspace only sometimes.
  replacing: Object.entries(effects)
    .filter(([, rule]) => "effect" in rule && rule.effect === "replace")
    .map(([field]) => field),
};

/** The resources by token. */
export function resources(sdk: Source, types: Types): Readonly<Record<string, ResourceSpec>> {
  return Object.fromEntries([benchImage, workspace].map((each) => [pluginType(each.name), resource(each, sdk, types)]));
}

function resource({ name, inputs, state, replacing }: Resource, sdk: Source, types: Types): ResourceSpec {
  const declared = sdk.fieldsOf(`${name}Args`);
  const outputs = sdk.fieldsOf(name);

  const input = (field: string, schema: z.ZodType): PropertySpec => {
    const found = declared.get(field);
    if (found === undefined) {
      throw new Error(`${name}Args has no ${field}, which the provider takes`);
    }
    // Not replaceOnChanges: with that, Pulumi would replace at a change that the provider makes in place or refuses.
    const what = replacing.includes(field) ? { willReplaceOnChanges: true as const } : {};
    return { ...types.property(name, field, schema, found), ...what };
  };
  const inputProperties = Object.fromEntries(Object.entries(inputs).map(([key, schema]) => [key, input(key, schema)]));

  const output = (field: string, schema: z.ZodType): PropertySpec | undefined => {
    const found = outputs.get(field);
    const same = inputProperties[field] ?? (found && types.property(name, field, schema, found));
    // What the SDK does not declare is the provider's own.
    return same && { ...typeOf(same), description: found?.description ?? same.description };
  };
  const properties = Object.fromEntries(
    Object.entries(state).flatMap(([key, schema]) => {
      const found = output(key, schema);
      return found === undefined ? [] : [[key, found] as const];
    }),
  );
  const missing = [...outputs.keys()].filter((field) => properties[field] === undefined);
  if (missing.length > 0) {
    throw new Error(`the state of ${name} has no ${missing.join(", ")}, which the SDK declares`);
  }

  return {
    description: sdk.description(name),
    properties,
    required: Object.keys(properties).filter((field) => !mayBeAbsent(state[field])),
    inputProperties,
    requiredInputs: Object.keys(inputProperties).filter((field) => declared.get(field)?.isOptional === false),
    aliases: [{ type: dynamicType(name) }],
  };
}

/** Whether a checked state may be without the field. */
function mayBeAbsent(schema: z.ZodType | undefined): boolean {
  const absent = schema?.safeParse(undefined);
  return absent?.success === true && absent.data === undefined;
}
