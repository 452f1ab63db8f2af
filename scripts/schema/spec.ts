/** The parts of Pulumi's package schema that this provider uses (pulumi.com/docs/iac/extending-pulumi/schema). */

export type TypeSpec =
  | { readonly type: "string" | "integer" | "number" | "boolean" }
  | { readonly type: "array"; readonly items: TypeSpec }
  | { readonly type: "object"; readonly additionalProperties: TypeSpec }
  | { readonly $ref: string };

export type PropertySpec = TypeSpec & {
  readonly description: string;
  readonly default?: string | number | boolean;
  readonly defaultInfo?: { readonly environment: readonly string[] };
  readonly secret?: true;
  readonly willReplaceOnChanges?: true;
};

export type Properties = Readonly<Record<string, PropertySpec>>;

export interface ObjectSpec {
  readonly description?: string;
  readonly type: "object";
  readonly properties: Properties;
  readonly required?: readonly string[];
}

export interface EnumSpec {
  readonly description: string;
  readonly type: "string";
  readonly enum: readonly { readonly value: string }[];
}

export interface ResourceSpec {
  readonly description: string;
  readonly properties: Properties;
  readonly required: readonly string[];
  readonly inputProperties: Properties;
  readonly requiredInputs: readonly string[];
  readonly aliases: readonly { readonly type: string }[];
}

export interface FunctionSpec {
  readonly description: string;
  readonly inputs: ObjectSpec;
  readonly outputs: ObjectSpec;
}

/** The type of a property, without what else is said of the property. */
export function typeOf({
  description: _,
  default: __,
  defaultInfo: ___,
  secret,
  willReplaceOnChanges,
  ...type
}: PropertySpec): TypeSpec {
  return type;
}
