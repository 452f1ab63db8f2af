import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { hiddenKey, secretMark } from "../pulumi/secret-outputs";

/** Properties of a call of the engine, with the paths of those that it sent as secret. */
export interface Received {
  readonly values: Readonly<Record<string, unknown>>;
  readonly secrets: readonly (readonly string[])[];
}

/** Takes the properties of a call out of their secret wrappers. Unknown values keep the engine's text. */
export function received(struct: Struct | undefined): Received {
  const secrets: string[][] = [];
  const bare = (value: unknown, path: readonly string[]): unknown => {
    if (Array.isArray(value)) {
      return value.map((item, i) => bare(item, [...path, String(i)]));
    }
    if (typeof value !== "object" || value === null) {
      return value;
    }
    if (Reflect.get(value, hiddenKey) === secretMark[hiddenKey]) {
      secrets.push([...path]);
      return bare(Reflect.get(value, "value"), path);
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, bare(inner, [...path, key])]));
  };
  const values = Object.entries(struct?.toJavaScript() ?? {}).flatMap(([key, value]) => {
    const inner = bare(value, [key]);
    // An input that a program leaves out may come as null.
    return inner === null ? [] : [[key, inner] as const];
  });
  return { values: Object.fromEntries(values), secrets };
}

/** Properties for the engine. A property of `secret` goes into a secret wrapper. */
export function sent(values: Readonly<Record<string, unknown>>, secret: ReadonlySet<string> = new Set()): Struct {
  const plain = JSON.parse(JSON.stringify(values)) as Record<string, JavaScriptValue>;
  const isWrapped = (value: unknown) => typeof value === "object" && value !== null && hiddenKey in value;
  return Struct.fromJavaScript(
    Object.fromEntries(
      Object.entries(plain).map(([key, value]) => [
        key,
        secret.has(key) && !isWrapped(value) ? { ...secretMark, value } : value,
      ]),
    ),
  );
}

/** The properties in which secrets lie. */
export function secretNames(secrets: readonly (readonly string[])[]): Set<string> {
  return new Set(secrets.flatMap(([name]) => (name === undefined ? [] : [name])));
}
