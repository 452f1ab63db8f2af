import type * as pulumi from "@pulumi/pulumi";
import { checkInstallation } from "./installation";
import { resourceUrn } from "./resource-urn";
import { secretPaths } from "./secret-inputs";

/**
 * The code that a dynamic resource carries in its state. It is constant: it names the handler and does not contain it. So a
 * new version of this package changes no resource, and `pulumi destroy`, which runs the code in the state, uses the
 * installed version. The names in it must never change.
 */
const code = {
  BenchImage: 'exports.handler = () => require("pulumi-ica/provider").benchImage;',
  Workspace: 'exports.handler = () => require("pulumi-ica/provider").workspace;',
} as const;

export type Kind = keyof typeof code;

/** The type token of a resource, as it appears in URNs. */
export function typeToken<K extends Kind>(kind: K): `pulumi-nodejs:dynamic/ica:${K}` {
  return `pulumi-nodejs:dynamic/ica:${kind}`;
}

/** A declared resource; `name` is filled in. */
interface Declared {
  readonly kind: Kind;
  /** Name of the resource in the program. */
  readonly resource: string;
  readonly inputs: pulumi.Inputs;
  /** Whether `name` is the default. */
  readonly hasDefaultName: boolean;
  readonly opts: pulumi.CustomResourceOptions | undefined;
}

/**
 * Adds the machinery's own inputs: the handler's code, the URN that progress lines attach to, and which inputs are secret or
 * defaults. Each is a plain value or a promise. An output that depends on a resource, is secret or is unknown would give
 * this resource more dependencies than the program declares. It could even wait for itself.
 */
export function withMachinery({ kind, resource, inputs, hasDefaultName, opts }: Declared): pulumi.Inputs {
  checkInstallation();
  return {
    ...inputs,
    __provider: code[kind],
    __urn: resourceUrn(resource, typeToken(kind), opts?.parent),
    __secrets: secretPaths(inputs, opts?.additionalSecretOutputs),
    ...(hasDefaultName ? { __defaults: ["name"] } : {}),
  };
}
