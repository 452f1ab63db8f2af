import { documented, isText, type Source } from "./source";
import { type FunctionSpec, type ObjectSpec, type Properties, typeOf } from "./spec";
import type { Types } from "./types";

/** The look-ups by token. A field that an image or a workspace has, too, is of the same type. */
export function functions(
  sdk: Source,
  types: Types,
  image: Properties,
  workspace: Properties,
): Readonly<Record<string, FunctionSpec>> {
  const foundImage = object(sdk, "GetImageResult", image);
  const images = {
    type: "array" as const,
    items: types.name("ListedImage", foundImage),
    description: "The images, the newest first.",
  };
  return {
    "ica:index:getImage": {
      description: sdk.description("getImage"),
      inputs: object(sdk, "GetImageArgs", image),
      outputs: foundImage,
    },
    "ica:index:getWorkspace": {
      description: sdk.description("getWorkspace"),
      inputs: object(sdk, "GetWorkspaceArgs", workspace),
      outputs: object(sdk, "GetWorkspaceResult", workspace),
    },
    "ica:index:listImages": {
      description: sdk.description("listImages"),
      inputs: object(sdk, "ListImagesArgs", image),
      // A function of a plugin returns an object, never a list.
      outputs: {
        description: "The images that ICA has.",
        type: "object",
        properties: { images },
        required: ["images"],
      },
    },
  };
}

/** A type of the SDK as an object. */
function object(sdk: Source, name: string, resource: Properties): ObjectSpec {
  const fields = [...sdk.fieldsOf(name)];
  const required = fields.filter(([, { isOptional }]) => !isOptional).map(([key]) => key);
  return {
    description: sdk.description(name),
    type: "object",
    properties: Object.fromEntries(
      fields.map(([key, field]) => {
        const same = resource[key];
        if (same === undefined && !isText(field)) {
          throw new Error(`${name}: ${key} is not a string, and the resource has no such field`);
        }
        const type = same === undefined ? { type: "string" as const } : typeOf(same);
        return [key, { ...type, description: documented(field.description, `${name}.${key}`) }];
      }),
    ),
    ...(required.length > 0 ? { required } : {}),
  };
}
