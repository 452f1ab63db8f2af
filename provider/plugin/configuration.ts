import { configKeys } from "../config";
import type { CheckFailure } from "../handler";
import { nearest } from "../inputs/misspelt";

/** Settings that Pulumi itself adds to a provider's configuration. */
const ofPulumi = new Set(["version", "pluginDownloadURL", "__internal"]);
const prefix = "ica:";
const names = configKeys.map((key) => key.slice(prefix.length));

/** Finds settings that the provider does not have. */
export function checkSettings(settings: Readonly<Record<string, unknown>>): CheckFailure[] {
  return Object.keys(settings)
    .filter((name) => !names.includes(name) && !ofPulumi.has(name))
    .map((name) => {
      const near = nearest(name, names);
      const question = near === undefined ? `the settings are ${names.join(", ")}` : `did you mean ${prefix}${near}?`;
      return { property: name, reason: `${prefix}${name} is not a setting of this provider; ${question}` };
    });
}

/** The settings that the state keeps encrypted, whether the program marks them as secret or not. */
export const secretSettings: ReadonlySet<string> = new Set(["apiKey"]);

/** The settings that differ. */
export function changedSettings(
  old: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
): string[] {
  const all = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...all].filter((name) => !ofPulumi.has(name) && old[name] !== now[name]).sort();
}

/** Returns a setting by its full key, as `readConfig` asks for it. */
export function settingOf(settings: Readonly<Record<string, unknown>>): (key: string) => string | undefined {
  return (key) => {
    const value = settings[key.slice(prefix.length)];
    return value === undefined || typeof value === "object" ? undefined : String(value);
  };
}
