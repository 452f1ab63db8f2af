import * as pulumi from "@pulumi/pulumi";

/** Where a value stands among the inputs: `["build", "args", "TOKEN"]`, `["allowedUrls", "0"]`. */
export type InputPath = string[];

/**
 * The paths of those inputs that the program calls secret, itself or by `additionalSecretOutputs`. Pulumi takes the marks off before it hands the inputs to a dynamic
 * provider, so only the program knows. Undefined when there are none. It waits for the same values as the resource itself, and
 * depends on none of them.
 */
export async function secretPaths(
  inputs: pulumi.Inputs,
  secretOutputs: readonly string[] = [],
): Promise<InputPath[] | undefined> {
  const paths = [...(await pathsIn(inputs, [])), ...secretOutputs.map((name) => [name])];
  return paths.length === 0 ? undefined : paths;
}

async function pathsIn(value: unknown, at: InputPath): Promise<InputPath[]> {
  if (pulumi.Output.isInstance(value) || value instanceof Promise) {
    // A value that fails fails the resource, too; no line tells it then.
    return (await pulumi.isSecret(pulumi.output(value)).catch(() => true)) ? [at] : [];
  }
  if (typeof value !== "object" || value === null || pulumi.Resource.isInstance(value)) return [];
  const inner = await Promise.all(Object.entries(value).map(([key, one]) => pathsIn(one, [...at, key])));
  return inner.flat();
}
