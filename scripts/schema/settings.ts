import { settings } from "../../provider/config";
import type { SdkSource } from "./sdk-source";
import type { Properties } from "./spec";

/** The configuration, as the stack has it and as an explicit provider takes it. */
export function configuration(sdk: SdkSource): { readonly variables: Properties; readonly inputs: Properties } {
  const described = sdk.descriptionsIn("config");
  const each = Object.entries(settings).map(([name, { what, env, ...setting }]) => ({
    name,
    env,
    spec: {
      type: "string" as const,
      description: `${described.get(name) ?? sentence(what)} Used when it is not set: ${env} in the environment.`,
      ...("secret" in setting ? { secret: true as const } : {}),
    },
  }));
  return {
    variables: Object.fromEntries(
      each.map(({ name, env, spec }) => [name, { ...spec, defaultInfo: { environment: [env] } }]),
    ),
    // Without defaultInfo: an SDK would write the environment of one machine into the state, the key too. The plugin itself
    // reads the environment.
    inputs: Object.fromEntries(each.map(({ name, spec }) => [name, spec])),
  };
}

function sentence(what: string): string {
  return `${what.charAt(0).toUpperCase()}${what.slice(1)}.`;
}
