import * as pulumi from "@pulumi/pulumi";
import { checkInstallation } from "./installation";
import { resourceUrn } from "./resource-urn";
import { secretPaths } from "./secret-inputs";
import { dynamicType, isServedByPlugin, type Kind, pluginType } from "./type-token";

/**
 * The code that a dynamic resource carries in its state. It is constant: it names the handler and does not contain it. So a
 * new version of this package changes no resource, and `pulumi destroy`, which runs the code in the state, uses the
 * installed version. The names in it must never change.
 */
const code: Readonly<Record<Kind, string>> = {
  BenchImage: 'exports.handler = () => require("pulumi-ica/provider").benchImage;',
  Workspace: 'exports.handler = () => require("pulumi-ica/provider").workspace;',
};

/** A declared resource. */
interface Declared {
  readonly kind: Kind;
  /** Name of the resource in the program. */
  readonly resource: string;
  readonly inputs: pulumi.Inputs;
  /** The input `name` when the program gives none. */
  readonly defaultName: string;
  readonly opts: pulumi.CustomResourceOptions | undefined;
}

/** What a resource is registered with. */
interface Registration {
  readonly type: string;
  readonly inputs: pulumi.Inputs;
  readonly opts: pulumi.CustomResourceOptions;
}

/**
 * Decides who handles a resource: the plugin if it has an ICA provider, otherwise the dynamic host. Each has the other's type
 * as an alias, so that a resource can move from one to the other and stays what it is.
 */
export function registration(declared: Declared): Registration {
  const { kind, inputs, opts } = declared;
  const [type, other] = isServedByPlugin(opts)
    ? [pluginType(kind), dynamicType(kind)]
    : [dynamicType(kind), pluginType(kind)];
  return {
    type,
    inputs: isServedByPlugin(opts) ? inputs : withMachinery(declared),
    opts: pulumi.mergeOptions(opts, { aliases: [{ type: other }] }),
  };
}

/**
 * Adds the machinery's own inputs: the handler's code, the URN that progress lines attach to, and which inputs are secret or
 * defaults. Each is a plain value or a promise. An output that depends on a resource, is secret or is unknown would give
 * this resource more dependencies than the program declares. It could even wait for itself.
 */
function withMachinery({ kind, resource, inputs, defaultName, opts }: Declared): pulumi.Inputs {
  checkInstallation();
  const named = { ...inputs, name: inputs.name ?? defaultName };
  return {
    ...named,
    __provider: code[kind],
    __urn: resourceUrn(resource, dynamicType(kind), opts?.parent),
    __secrets: secretPaths(named, opts?.additionalSecretOutputs),
    ...(inputs.name === undefined ? { __defaults: ["name"] } : {}),
  };
}
