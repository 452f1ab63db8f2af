import { z } from "zod";
import { documented, type Field, type Source, typeName, within } from "./source";
import type { EnumSpec, ObjectSpec, PropertySpec, TypeSpec } from "./spec";

/** The part of JSON Schema that zod writes for this provider's fields. */
interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** Properties from zod schemas, with the descriptions of the SDK. Remembers the named types in them. */
export class Types {
  readonly #sdk: Source;
  readonly #named = new Map<string, ObjectSpec | EnumSpec>();

  constructor(sdk: Source) {
    this.#sdk = sdk;
  }

  /** All named types so far, by token. */
  get named(): Readonly<Record<string, ObjectSpec | EnumSpec>> {
    return Object.fromEntries([...this.#named].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** A property of `owner`. */
  property(owner: string, name: string, schema: z.ZodType, field: Field): PropertySpec {
    return this.#property(owner, name, z.toJSONSchema(schema, { io: "input" }) as JsonSchema, field);
  }

  /** Declares a named type. */
  name(name: string, spec: ObjectSpec | EnumSpec): TypeSpec {
    const token = `ica:index:${name}`;
    const known = this.#named.get(token);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(spec)) {
      throw new Error(`two types are named ${token}`);
    }
    this.#named.set(token, spec);
    return { $ref: `#/types/${token}` };
  }

  #property(owner: string, name: string, schema: JsonSchema, field: Field): PropertySpec {
    const { default: byDefault } = schema;
    const hasDefault = ["string", "number", "boolean"].includes(typeof byDefault);
    return {
      ...this.#type(`${owner}${capital(name)}`, schema, field),
      description: documented(field.description, `${owner}.${name}`),
      ...(hasDefault ? { default: byDefault as string | number | boolean } : {}),
    };
  }

  /** `unnamed` is the name of a type that has none in the SDK. */
  #type(unnamed: string, schema: JsonSchema, field: Field): TypeSpec {
    const { type, items, additionalProperties } = schema;
    if (Object.keys(schema).length === 0) {
      return { $ref: "pulumi.json#/Any" };
    }
    if (schema.enum !== undefined) {
      const values = schema.enum.map((value) => ({ value }));
      return this.name(unnamed, { description: field.description, type: "string", enum: values });
    }
    if (schema.anyOf !== undefined || schema.properties !== undefined) {
      return this.#object(unnamed, schema, field);
    }
    if (type === "array" && items !== undefined) {
      return { type, items: this.#type(unnamed, items, within(field)) };
    }
    if (type === "object" && typeof additionalProperties === "object") {
      return { type, additionalProperties: this.#type(unnamed, additionalProperties, within(field)) };
    }
    if (type === "string" || type === "integer" || type === "number" || type === "boolean") {
      return { type };
    }
    throw new Error(`${unnamed}: this generator does not know ${JSON.stringify(schema)}`);
  }

  /** The alternatives of a union become one type with all their fields: most languages have no such unions. */
  #object(unnamed: string, schema: JsonSchema, field: Field): TypeSpec {
    const declared = typeName(field.type);
    const name = declared?.replace(/Args$/, "") ?? unnamed;
    const fields = this.#sdk.fieldsOfType(field.type);
    const properties = (schema.anyOf ?? [schema]).flatMap((each) => Object.entries(each.properties ?? {}));
    const specs = properties.map(([key, inner]) => {
      const each = fields.get(key);
      if (each === undefined) {
        throw new Error(`${name} has no ${key}, which the provider takes`);
      }
      return { key, isOptional: each.isOptional, spec: this.#property(name, key, inner, each) };
    });
    const required = specs.filter(({ isOptional }) => !isOptional).map(({ key }) => key);
    return this.name(name, {
      description: declared === undefined ? field.description : this.#sdk.description(declared),
      type: "object",
      properties: Object.fromEntries(specs.map(({ key, spec }) => [key, spec])),
      ...(required.length > 0 ? { required } : {}),
    });
  }
}

function capital(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
