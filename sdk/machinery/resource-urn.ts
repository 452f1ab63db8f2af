import * as pulumi from "@pulumi/pulumi";

/**
 * The URN that the engine will give to a resource, as a plain value. `pulumi.createUrn` would make an output that depends on
 * the parent. Pulumi treats a dependency on a component as one on all its children, so two children of one component would
 * wait for each other forever. A promise waits for the parent's URN, as every child does anyway, and adds no dependency.
 *
 * Undefined when the parent failed or is unknown and so has no URN: then this resource has none either.
 */
export function resourceUrn(
  name: string,
  type: string,
  parent: pulumi.Resource | undefined,
): string | Promise<string | undefined> {
  if (parent === undefined) {
    return urnOf(name, type);
  }
  return textOf(parent.urn).then((urn) => (urn === undefined ? undefined : urnOf(name, type, urn)));
}

/** Built as the engine does it: the parent's type comes before the child's, except the stack's type. */
function urnOf(name: string, type: string, parentUrn = ""): string {
  const [, , parentType = stackType] = parentUrn.split("::");
  const qualified = parentType === stackType ? type : `${parentType}$${type}`;
  return `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::${qualified}::${name}`;
}

const stackType = "pulumi:pulumi:Stack";

/** Waits for an output's value; undefined when the output failed or is unknown. */
async function textOf(output: pulumi.Output<string>): Promise<string | undefined> {
  let text: string | undefined;
  const seen = output.apply((value) => {
    text = value;
  });
  // If an output fails or is unknown, only its secret flag can be awaited.
  await pulumi.isSecret(seen).catch(() => false);
  return text;
}
