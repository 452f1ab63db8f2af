import { isDeepStrictEqual } from "node:util";
import type { Context } from "../../context";
import { errorMessage } from "../../error-message";
import type { CheckFailure } from "../../handler";
import type { DockerImage } from "../../ica/docker-images";
import type { Region } from "../../ica/regions";
import { IcaError } from "../../ica/transport/error";
import { isKnown, type Maybe, type MaybeWithin } from "../../inputs/unknown";
import type { BenchImageInputs } from "../inputs";
import { areAmong, findRegion, knownRegions, unknownRegion } from "./regions";

interface Declared {
  /** The checked inputs. */
  readonly inputs: MaybeWithin<Pick<BenchImageInputs, "regions">>;
  /** The program's own value; messages use its indexes. */
  readonly declared: unknown;
  readonly old: BenchImageInputs | undefined;
  /** The image, if ICA already has it. */
  readonly image: DockerImage | undefined;
}

interface CheckedRegions {
  readonly regions: Maybe<string[] | undefined>;
  readonly failures: readonly CheckFailure[];
}

/**
 * Checks the declared regions in preview. Refuses regions that the tenant does not have, and lists those that it has. The
 * same regions written differently (code or UUID, upper or lower case, duplicates) do not count as a change. Asks ICA only
 * when the declaration changed and the image's own regions do not answer the question. If ICA's list is unavailable, a
 * warning says that nothing was checked.
 */
export async function checkRegions(
  context: Context,
  { inputs, declared, old, image }: Declared,
): Promise<CheckedRegions> {
  const { regions } = inputs;
  const accepted: CheckedRegions = { regions, failures: [] };
  if (regions === undefined || !isKnown(regions) || isDeepStrictEqual(regions, old?.regions)) {
    return accepted;
  }
  if (old?.regions === undefined && image !== undefined && areAmong(regions, image)) {
    return accepted;
  }
  const known = await regionsOfTenant(context);
  if (known === undefined) {
    return accepted;
  }
  const source = declared === undefined ? context.config.from.region : undefined;
  const from = source === undefined ? "" : `. The region is ${source}`;
  const names: readonly unknown[] = Array.isArray(declared) ? declared : regions;
  const failures = names.flatMap((name, index) => {
    if (typeof name !== "string" || findRegion(known, name) !== undefined) {
      return [];
    }
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
    if (!(error instanceof IcaError)) {
      throw error;
    }
    context.log.warn(`the declared regions could not be checked: ${errorMessage(error)}`);
    return undefined;
  }
}
