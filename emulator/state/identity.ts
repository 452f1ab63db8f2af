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

/** How the identity is kept. */
export const identityRecord = z.object({
  /** Eight hex digits: names what this emulator makes in Docker (label `pulumi-ica.instance`). */
  instance: z.string().regex(/^[0-9a-f]{8}$/),
  timeCreated: z.iso.datetime(),
  tenant: z.object({ id: z.uuid(), name: z.string() }),
  user: z.object({ id: z.uuid() }),
  project: z.object({ id: z.uuid(), name: z.string() }),
  countryIds: z.record(z.string(), z.uuid()),
  regions: z.array(region).min(1),
});

/** One region, with what the documented `Region` wants to know. */
export type EmulatorRegion = z.infer<typeof region>;

/** Who and what this emulator is: made at the first start, the same ever after. The first region is the project's. */
export type Identity = z.infer<typeof identityRecord>;

/** `use1` is the code in the vendor's own examples (`use1-bench.platform.illumina.com`); `euc1` is the emulator's invention. */
const REGIONS = [
  { code: "use1", city: "Northern Virginia", countryCode: "US", country: "United States", area: "Americas" },
  { code: "euc1", city: "Frankfurt", countryCode: "DE", country: "Germany", area: "Europe" },
] as const;

/** Loads the identity, or makes one at the first start. */
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
    countryIds: Object.fromEntries(REGIONS.map(({ countryCode }) => [countryCode, randomUUID()])),
    regions: REGIONS.map((known) => ({ id: randomUUID(), ...known })),
  };
  await collection.put("emulator", fresh);
  return fresh;
}

/** The region that the project lives in. */
export function projectRegion({ regions }: Identity): EmulatorRegion {
  const [first] = regions;
  if (first === undefined) {
    throw new Error("the emulator has no region");
  }
  return first;
}
