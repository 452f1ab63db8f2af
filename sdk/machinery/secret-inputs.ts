import * as pulumi from "@pulumi/pulumi";

/** The path of a value in the inputs: `["build", "args", "TOKEN"]`, `["allowedUrls", "0"]`. */
export type InputPath = string[];

/**
 * The paths of the inputs that the program marks as secret, directly or with `additionalSecretOutputs`. Pulumi removes these
 * marks before it passes inputs to a dynamic provider, so only the program knows them. Undefined when there are none. Waits
 * for the same values as the resource itself, and depends on none of them.
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
    // If the value fails, the resource fails too and prints no line.
    return (await pulumi.isSecret(pulumi.output(value)).catch(() => true)) ? [at] : [];
  }
  if (typeof value !== "object" || value === null || pulumi.Resource.isInstance(value)) {
    return [];
  }
  const inner = await Promise.all(Object.entries(value).map(([key, one]) => pathsIn(one, [...at, key])));
  return inner.flat();
}
