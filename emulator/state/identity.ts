import { randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";
import type { Store } from "./store";

const region = z.object({
  id: z.uuid(),
  code: z.string(),
  city: z.string(),
  countryCode: z.string(),
  country: z.string(),
  area: z.string(),
});

/** The stored form of the identity. */
export const identityRecord = z.object({
  /** Eight hex digits that mark what this emulator creates in Docker (label `pulumi-ica.instance`). */
  instance: z.string().regex(/^[0-9a-f]{8}$/),
  timeCreated: z.iso.datetime(),
  tenant: z.object({ id: z.uuid(), name: z.string() }),
  user: z.object({ id: z.uuid() }),
  project: z.object({ id: z.uuid(), name: z.string() }),
  countryIds: z.record(z.string(), z.uuid()),
  regions: z.array(region).min(1),
});

/** One region, with the fields that the documented `Region` requires. */
export type EmulatorRegion = z.infer<typeof region>;

/** The identity of this emulator, fixed at its first start. The first region is the project's. */
export type Identity = z.infer<typeof identityRecord>;

/** `use1` is the code in the vendor's examples (`use1-bench.platform.illumina.com`); the emulator invents `euc1`. */
const knownRegions = [
  { code: "use1", city: "Northern Virginia", countryCode: "US", country: "United States", area: "Americas" },
  { code: "euc1", city: "Frankfurt", countryCode: "DE", country: "Germany", area: "Europe" },
] as const;

/** Loads the identity; the first start creates it. */
export async function loadIdentity(store: Store): Promise<Identity> {
  const collection = await store.collection("identity", identityRecord);
  const known = collection.get("emulator");
  if (known !== undefined) {
    return known;
  }
  const fresh: Identity = {
    instance: randomBytes(4).toString("hex"),
    timeCreated: new Date().toISOString(),
    tenant: { id: randomUUID(), name: "emulator" },
    user: { id: randomUUID() },
    project: { id: randomUUID(), name: "emulator-project" },
    countryIds: Object.fromEntries(knownRegions.map(({ countryCode }) => [countryCode, randomUUID()])),
    regions: knownRegions.map((known) => ({ id: randomUUID(), ...known })),
  };
  await collection.put("emulator", fresh);
  return fresh;
}

/** The region of the project. */
export function projectRegion({ regions }: Identity): EmulatorRegion {
  const [first] = regions;
  if (first === undefined) {
    throw new Error("the emulator has no region");
  }
  return first;
}
