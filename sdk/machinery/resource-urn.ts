import * as pulumi from "@pulumi/pulumi";

/**
 * The URN that the engine will give to a resource, as a plain value. `pulumi.createUrn` would make an output that depends on
 * the parent: Pulumi takes a dependency on a component for one on all its children, so two children of one component would
 * wait for each other for ever. A promise waits for the parent's URN, as every child does anyway, and depends on nothing.
 *
 * Undefined when the parent has no URN, since it failed or is not known: then the resource has none either.
 */
export function resourceUrn(
  name: string,
  type: string,
  parent: pulumi.Resource | undefined,
): string | Promise<string | undefined> {
  if (parent === undefined) return urnOf(name, type);
  return textOf(parent.urn).then((urn) => (urn === undefined ? undefined : urnOf(name, type, urn)));
}

/** As the engine builds it: a child's type stands behind its parent's, but never behind the stack's. */
function urnOf(name: string, type: string, parentUrn = ""): string {
  const [, , parentType = stackType] = parentUrn.split("::");
  const qualified = parentType === stackType ? type : `${parentType}$${type}`;
  return `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::${qualified}::${name}`;
}

const stackType = "pulumi:pulumi:Stack";

/** What an output holds, once that is decided: undefined when it failed, or is not known. */
async function textOf(output: pulumi.Output<string>): Promise<string | undefined> {
  let text: string | undefined;
  const seen = output.apply((value) => {
    text = value;
  });
  // Of an output, only whether it is secret can be waited for also when it fails or is unknown.
  await pulumi.isSecret(seen).catch(() => false);
  return text;
}
