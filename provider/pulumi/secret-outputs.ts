import { HiddenValues } from "./hidden-values";
import { type Machinery, machineryOf, type Properties } from "./machinery";

/**
 * How a secret value travels between Pulumi's engine and its hosts (pulumi.com, "Resource provider protocol", signatures of
 * special values). The dynamic host passes it on unchanged.
 */
export const hiddenKey = "4dabf18193072939515e22adb298388d";
export const secretMark = { [hiddenKey]: "1b47061264138c4ac30d75fd1eb44270" } as const;

/**
 * Marks as secret each output that contains a secret input or is derived from one, as an archive's name is from the image's.
 * The engine itself marks an output that has the name of a secret input.
 */
export function markSecrets(outputs: Properties, inputs: Properties, { secrets }: Machinery): Properties {
  const hidden = new HiddenValues();
  hidden.add(inputs, [...secrets, ...machineryOf(inputs).secrets]);
  const isPlain = (value: unknown): boolean => {
    if (typeof value === "string") {
      return hidden.hide(value) === value;
    }
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
