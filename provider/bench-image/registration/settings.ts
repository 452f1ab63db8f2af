import type { DockerImage } from "../../ica/docker-images";
import type { BenchImageInputs } from "../inputs";

/**
 * Settings that ICA reports but has no call to set (official OpenAPI document: once an image exists, `benchSettings` and the
 * description appear only in responses). The provider compares them and says where to change them.
 */

type Settings = Pick<BenchImageInputs, "name" | "version" | "access" | "clusterCompatible" | "description">;

/** One line for each setting whose value in ICA differs from the declared one. */
export function settingsToChange(image: DockerImage, inputs: Settings): string[] {
  const place = `in ICA, System Settings > Docker Repository > ${inputs.name} ${inputs.version}`;
  const { benchSettings } = image;
  const lines = [
    difference("web access", benchSettings?.access?.web, inputs.access.web),
    difference("console access", benchSettings?.access?.console, inputs.access.console),
    difference("cluster compatible", benchSettings?.clusterCompatible, inputs.clusterCompatible),
  ].filter((line) => line !== undefined);
  if (inputs.description !== undefined && image.description !== inputs.description) {
    lines.push(
      `the description is ${JSON.stringify(image.description ?? "")} in ICA but declared ${JSON.stringify(inputs.description)}`,
    );
  }
  return lines.map((line) => `${line}. ICA has no call to set this: change it by hand ${place}`);
}

function difference(what: string, reported: boolean | null | undefined, declared: boolean): string | undefined {
  if (reported === undefined || reported === null || reported === declared) {
    return undefined;
  }
  return `${what} is ${reported ? "on" : "off"} in ICA but declared ${declared ? "on" : "off"}`;
}

/** The declared settings, replaced by ICA's values if it reports any, so that a difference shows as drift. */
export function reportedSettings<T extends Settings>(image: DockerImage, inputs: T): T {
  const { benchSettings } = image;
  return {
    ...inputs,
    access: {
      web: benchSettings?.access?.web ?? inputs.access.web,
      console: benchSettings?.access?.console ?? inputs.access.console,
    },
    clusterCompatible: benchSettings?.clusterCompatible ?? inputs.clusterCompatible,
    ...(inputs.description === undefined ? {} : { description: image.description ?? "" }),
  };
}
