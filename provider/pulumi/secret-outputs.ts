import { HiddenValues } from "./hidden-values";
import { type Machinery, machineryOf, type Properties } from "./machinery";

/**
 * How a secret value travels between Pulumi's engine and its hosts (pulumi.com, "Resource provider protocol", signatures of
 * special values). The dynamic host passes it on as it is.
 */
const secretMark = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" } as const;

/**
 * Outputs, with those marked as secret that hold a secret input or what was made of one, as an archive's name is of the
 * image's. An output with the name of a secret input is marked by the engine itself.
 */
export function markSecrets(outputs: Properties, inputs: Properties, { secrets }: Machinery): Properties {
  const hidden = new HiddenValues();
  hidden.add(inputs, [...secrets, ...machineryOf(inputs).secrets]);
  const isPlain = (value: unknown): boolean => {
    if (typeof value === "string") return hidden.hide(value) === value;
    return typeof value !== "object" || value === null || Object.values(value).every(isPlain);
  };
  const declared = new Set(Object.keys(inputs));
  return Object.fromEntries(
    Object.entries(outputs).map(([key, value]) => [
      key,
      declared.has(key) || isPlain(value) ? value : { ...secretMark, value },
    ]),
  );
}
