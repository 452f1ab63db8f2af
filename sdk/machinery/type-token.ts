import type * as pulumi from "@pulumi/pulumi";

/** The resources of this package. */
export type Kind = "BenchImage" | "Workspace";

/** The type token of a dynamic resource, as it appears in URNs. */
export function dynamicType<K extends Kind>(kind: K): `pulumi-nodejs:dynamic/ica:${K}` {
  return `pulumi-nodejs:dynamic/ica:${kind}`;
}

/** The type token of a resource that the plugin serves. */
export function pluginType<K extends Kind>(kind: K): `ica:index:${K}` {
  return `ica:index:${kind}`;
}

/** Whether a resource or a look-up with these options is served by the plugin: its own provider, or its parent's, is an ICA one. */
export function isServedByPlugin(opts: pulumi.ResourceOptions & { readonly provider?: unknown } = {}): boolean {
  return hasType(opts.provider, ["pulumi:providers:ica"]) || opts.parent?.getProvider("ica:index:Any") !== undefined;
}

/** Whether a value is a resource of one of these types, including one from another copy of this package. */
export function hasType(value: unknown, types: readonly string[]): boolean {
  const type = typeof value === "object" && value !== null ? Reflect.get(value, "__pulumiType") : undefined;
  return typeof type === "string" && types.includes(type);
}
