import { isDeepStrictEqual } from "node:util";
import type { Context } from "../../context";
import { errorMessage } from "../../error-message";
import type { CheckFailure } from "../../handler";
import type { DockerImage } from "../../ica/docker-images";
import type { Region } from "../../ica/regions";
import { IcaError } from "../../ica/transport/error";
import { hasUnknown } from "../../inputs/unknown";
import type { BenchImageInputs } from "../inputs";
import { areAmong, findRegion, knownRegions, unknownRegion } from "./regions";

interface Declared {
  /** As the inputs have them. */
  readonly inputs: BenchImageInputs;
  /** As the program has them: the order in which a person counts. */
  readonly declared: unknown;
  readonly old: BenchImageInputs | undefined;
  /** The image, if ICA has it already. */
  readonly image: DockerImage | undefined;
}

/**
 * What a preview makes of the declared regions. One that the tenant does not have is refused, with those it has; the same regions
 * written in another way (code for UUID, upper for lower case, one of them twice) are no change. ICA is asked only when the
 * declaration changed and the image itself does not answer; where its list is not to be had, a warning says that nothing was checked.
 */
export async function checkRegions(
  context: Context,
  { inputs, declared, old, image }: Declared,
): Promise<{ regions: readonly string[] | undefined; failures: CheckFailure[] }> {
  const { regions } = inputs;
  const accepted = { regions, failures: [] };
  if (regions === undefined || hasUnknown(regions) || isDeepStrictEqual(regions, old?.regions)) return accepted;
  if (old?.regions === undefined && image !== undefined && areAmong(regions, image)) return accepted;
  const known = await regionsOfTenant(context);
  if (known === undefined) return accepted;
  const source = declared === undefined ? context.config.from.region : undefined;
  const from = source === undefined ? "" : `. The region is ${source}`;
  const names: readonly unknown[] = Array.isArray(declared) ? declared : regions;
  const failures = names.flatMap((name, index) => {
    if (typeof name !== "string" || findRegion(known, name) !== undefined) return [];
    return [
      {
        property: Array.isArray(declared) ? `regions[${index}]` : "regions",
        reason: `${unknownRegion(known, name)}${from}`,
      },
    ];
  });
  const idOf = (name: string) => findRegion(known, name)?.id ?? name;
  const byId = new Map([...regions].reverse().map((name) => [idOf(name), name]));
  const before = old?.regions?.map(idOf);
  const same = before !== undefined && isDeepStrictEqual(new Set(before), new Set(byId.keys()));
  return { regions: same ? old?.regions : [...byId.values()].sort(), failures };
}

async function regionsOfTenant(context: Context): Promise<readonly Region[] | undefined> {
  try {
    return await knownRegions(context);
  } catch (error) {
    if (!(error instanceof IcaError)) throw error;
    context.log.warn(`the declared regions could not be checked: ${errorMessage(error)}`);
    return undefined;
  }
}
