import * as pulumi from "@pulumi/pulumi";

type Entry = typeof import("../provider/lookups");

/**
 * Asks ICA. The provider's code is loaded by the first question, not by importing this package. What goes wrong ends the
 * program with its message alone, without a stack trace of this package; arguments that the program calls secret are not in it.
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

/** The arguments where they are secret, else nothing. */
export async function ifSecret(args: pulumi.Output<unknown>, plain: unknown): Promise<unknown> {
  return (await pulumi.isSecret(args)) ? plain : undefined;
}

/**
 * The stack's configuration. All of it is read as secrets, so that the engine warns of none, and is handed on within this
 * process only: no output is made of it, and no answer of ICA holds it.
 */
async function settingsOf(keys: readonly string[]): Promise<Map<string, string>> {
  const settings = new Map<string, string>();
  for (const key of keys) {
    const [namespace = "", name = ""] = key.split(":");
    const value = new pulumi.Config(namespace).getSecret(name);
    if (value !== undefined) settings.set(key, await known(value));
  }
  return settings;
}

function known(output: pulumi.Output<string>): Promise<string> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}
