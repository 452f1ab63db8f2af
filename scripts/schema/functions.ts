import ts from "typescript";
import type { Field, SdkSource } from "./sdk-source";
import type { FunctionSpec, ObjectSpec, Properties, TypeSpec } from "./spec";
import type { Types } from "./types";

/**
 * The look-ups by token. Their fields are those of a resource and have its types, if they have the same name. `resources` are
 * the properties of the resources.
 */
export function functions(
  sdk: SdkSource,
  types: Types,
  image: Properties,
  workspace: Properties,
): Readonly<Record<string, FunctionSpec>> {
  const found = fields(sdk, "GetImageResult", image);
  const listed = types.name("ListedImage", found);
  return {
    "ica:index:getImage": {
      description: sdk.description("getImage"),
      inputs: fields(sdk, "GetImageArgs", image),
      outputs: found,
    },
    "ica:index:getWorkspace": {
      description: sdk.description("getWorkspace"),
      inputs: fields(sdk, "GetWorkspaceArgs", workspace),
      outputs: fields(sdk, "GetWorkspaceResult", workspace),
    },
    "ica:index:listImages": {
      description: sdk.description("listImages"),
      inputs: fields(sdk, "ListImagesArgs", image),
      outputs: {
        description: "The images that were found.",
        type: "object",
        properties: { images: { type: "array", items: listed, description: "The images, the newest first." } },
        required: ["images"],
      },
    },
  };
}

/** A type of the SDK as an object. */
function fields(sdk: SdkSource, name: string, alike: Properties): ObjectSpec {
  const all = [...sdk.fieldsOf(name)];
  const required = all.filter(([, { isOptional }]) => !isOptional).map(([key]) => key);
  return {
    description: sdk.description(name),
    type: "object",
    properties: Object.fromEntries(
      all.map(([key, field]) => {
        if (field.description === "") {
          throw new Error(`sdk: ${key} of ${name} has no doc comment`);
        }
        return [key, { ...(typeLike(alike[key]) ?? textIn(name, key, field)), description: field.description }];
      }),
    ),
    ...(required.length > 0 ? { required } : {}),
  };
}

function typeLike(property: Properties[string] | undefined): TypeSpec | undefined {
  if (property === undefined) {
    return undefined;
  }
  const { description: _, default: __, willReplaceOnChanges: ___, ...type } = property;
  return type as TypeSpec;
}

function textIn(owner: string, key: string, { type }: Field): TypeSpec {
  if (type.kind !== ts.SyntaxKind.StringKeyword) {
    throw new Error(`${owner}: no resource has a field ${key}, and it is not a string`);
  }
  return { type: "string" };
}
