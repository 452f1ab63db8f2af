import type * as pulumi from "@pulumi/pulumi";
import { resourceUrn } from "./resource-urn";

/**
 * The code that a dynamic resource carries in its state. It is constant and names the handler instead of holding it, so a
 * new version of this package changes no resource, and `pulumi destroy`, which runs the code in the state, uses the
 * installed version. The names in it are for good.
 */
const code = {
  BenchImage: 'exports.handler = () => require("pulumi-ica/provider").benchImage;',
  Workspace: 'exports.handler = () => require("pulumi-ica/provider").workspace;',
} as const;

export type Kind = keyof typeof code;

/** The type token of a resource, as it stands in URNs. */
export function typeToken<K extends Kind>(kind: K): `pulumi-nodejs:dynamic/ica:${K}` {
  return `pulumi-nodejs:dynamic/ica:${kind}`;
}

/**
 * Inputs that belong to the machinery: the handler's code, and the URN to which the handler's progress lines are attached.
 * They are plain values: what depends on a resource, is secret or unknown would make the resource itself so.
 */
export function machinery(kind: Kind, name: string, parent: pulumi.Resource | undefined): pulumi.Inputs {
  return { __provider: code[kind], __urn: resourceUrn(name, typeToken(kind), parent) };
}
