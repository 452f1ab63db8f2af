import * as pulumi from "@pulumi/pulumi";
import type { Inputs } from "./inputs";
import { isServedByPlugin } from "./machinery/type-token";

type Entry = typeof import("../provider/lookups");
type Lookups = ReturnType<Entry["lookups"]>;

/** A look-up: how this process asks ICA, and how the plugin is asked for another tenant. */
interface Lookup<Args, Result> {
  readonly ask: (lookups: Lookups, args: Args) => Promise<Result>;
  /** The plugin's function, and the field of its answer that is the result; the whole answer without one. */
  readonly token: string;
  readonly field?: string;
}

/** The function for plain arguments, and the one for arguments that may be outputs. */
export function lookup<Args extends object, Result>({ ask: question, token, field }: Lookup<Args, Result>) {
  const resultOf = (answer: unknown) => (field === undefined ? answer : Reflect.get(Object(answer), field)) as Result;
  return {
    async plain(args: Args, opts: pulumi.InvokeOptions | undefined): Promise<Result> {
      return isServedByPlugin(opts)
        ? resultOf(await pulumi.runtime.invoke(token, { ...args }, opts))
        : ask((lookups) => question(lookups, args));
    },
    output(args: Inputs<Args>, opts: pulumi.InvokeOutputOptions | undefined): pulumi.Output<Result> {
      // The compiler cannot tell that the values of `Inputs<Args>` make an `Args`.
      const known: pulumi.Output<Args> = pulumi.output(args as Args) as pulumi.Output<unknown> as pulumi.Output<Args>;
      return isServedByPlugin(opts)
        ? pulumi.runtime.invokeOutput(token, { ...args }, opts).apply(resultOf)
        : known.apply(async (plain) => ask((lookups) => question(lookups, plain), await ifSecret(known, plain)));
    },
  };
}

/**
 * Sends a query to ICA. The first query loads the provider's code; importing this package does not. On an error the program
 * ends with the message alone, without a stack trace of this package and without arguments that the program marks as secret.
 */
export async function ask<T>(
  question: (lookups: Lookups) => Promise<T>,
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
