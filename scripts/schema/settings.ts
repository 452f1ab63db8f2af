import path from "node:path";
import { settings } from "../../provider/config";
import { Source } from "./source";
import type { Properties } from "./spec";

/** The configuration, as the stack has it and as an explicit provider takes it. */
export function configuration(root: string): { readonly variables: Properties; readonly inputs: Properties } {
  const documented = new Source([path.join(root, "provider/config.ts")]).fieldsOf("Config");
  const each = Object.entries(settings).map(([name, { what, env, ...setting }]) => ({
    name,
    env,
    spec: {
      type: "string" as const,
      description: [
        `${what.charAt(0).toUpperCase()}${what.slice(1)}.`,
        documented.get(name)?.description ?? "",
        `In the environment: ${env}.`,
      ]
        .filter((text) => text !== "")
        .join(" "),
      ...("secret" in setting ? { secret: true as const } : {}),
    },
  }));
  return {
    variables: Object.fromEntries(
      each.map(({ name, env, spec }) => [name, { ...spec, defaultInfo: { environment: [env] } }]),
    ),
    // Without defaultInfo: with it an SDK copies the environment of one machine into the state, even the key. The plugin reads
    // the environment itself.
    inputs: Object.fromEntries(each.map(({ name, spec }) => [name, spec])),
  };
}
