import type * as pulumi from "@pulumi/pulumi";
import { checkInstallation } from "./installation";
import { resourceUrn } from "./resource-urn";
import { secretPaths } from "./secret-inputs";

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

/** What a resource is declared with, `name` filled in. */
interface Declared {
  readonly kind: Kind;
  /** Name of the resource in the program. */
  readonly resource: string;
  readonly inputs: pulumi.Inputs;
  /** Whether `name` is a default, and not declared. */
  readonly hasDefaultName: boolean;
  readonly opts: pulumi.CustomResourceOptions | undefined;
}

/**
 * The inputs, and with them those that belong to the machinery: the handler's code, the URN to which its progress lines are
 * attached, which inputs are secret, and which are defaults. Each is a plain value or the promise of one. An output that
 * depends on a resource, is secret or is unknown would make this resource depend on more than the program says, up to
 * waiting for itself.
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
