import * as pulumi from "@pulumi/pulumi";

type Entry = typeof import("../provider/lookups");

/**
 * Sends a query to ICA. The first query loads the provider's code; importing this package does not. On an error the program
 * ends with the message alone, without a stack trace of this package and without arguments that the program marks as secret.
 */
export async function ask<T>(
  question: (lookups: ReturnType<Entry["lookups"]>) => Promise<T>,
  secretArguments: unknown = undefined,
): Promise<T> {
  const { configKeys, HiddenValues, lookups, shown } = require("../provider/lookups") as Entry;
  const hidden = new HiddenValues();
  hidden.add(secretArguments, [[]]);
  const settings = await settingsOf(configKeys);
  try {
    return await question(lookups((key) => settings.get(key), process.env));
  } catch (error) {
    throw new pulumi.RunError(shown(hidden.hide(error instanceof Error ? error.message : String(error))));
  }
}

/** Returns the arguments if they are secret, else nothing. */
export async function ifSecret(args: pulumi.Output<unknown>, plain: unknown): Promise<unknown> {
  return (await pulumi.isSecret(args)) ? plain : undefined;
}

/**
 * The stack's configuration. Every key is read as a secret, so that the engine does not warn about any. The values stay in
 * this process: no output is made from them, and ICA's responses do not contain them.
 */
async function settingsOf(keys: readonly string[]): Promise<Map<string, string>> {
  const settings = new Map<string, string>();
  for (const key of keys) {
    const [namespace = "", name = ""] = key.split(":");
    const value = new pulumi.Config(namespace).getSecret(name);
    if (value !== undefined) {
      settings.set(key, await known(value));
    }
  }
  return settings;
}

function known(output: pulumi.Output<string>): Promise<string> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}
