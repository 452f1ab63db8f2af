import { randomUUID } from "node:crypto";
import pLimit from "p-limit";
import { z } from "zod";
import type { BenchSettings } from "../config";
import { badRequest, conflict, notFound } from "../http/problem";
import { inOrderOfCreation } from "../state/creation-order";
import type { Identity } from "../state/identity";
import type { Collection, Store } from "../state/store";

/** How an image is kept. */
export const imageRecord = z.object({
  id: z.uuid(),
  timeCreated: z.iso.datetime(),
  timeModified: z.iso.datetime(),
  name: z.string(),
  version: z.string(),
  description: z.string().optional(),
  type: z.enum(["TOOL", "BENCH"]),
  status: z.enum(["PARTIAL", "AVAILABLE", "BUILDFAILED"]),
  source: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("internal"), dataId: z.string(), regionIds: z.array(z.uuid()) }),
    z.object({ kind: z.literal("external"), url: z.string() }),
  ]),
  benchSettings: z
    .object({ clusterCompatible: z.boolean(), access: z.object({ web: z.boolean(), console: z.boolean() }) })
    .optional(),
  /** Why the build failed. ICA's documents have no field for it, so only the log and `ica-bench emulator status` tell. */
  failure: z.string().optional(),
});

/** A Docker image of ICA's repository, as the emulator keeps it. */
export type ImageRecord = z.infer<typeof imageRecord>;

/** What a caller says of a new image. */
export type NewImage = Pick<ImageRecord, "name" | "version" | "type" | "source"> & { readonly description?: string };

/** The images of the tenant. What the Docker engine knows of them is in `build.ts`. */
export class Images {
  readonly #records: Collection<ImageRecord>;
  readonly #identity: Identity;
  readonly #benchSettings: BenchSettings;
  readonly #oneAtATime = pLimit(1);

  private constructor(records: Collection<ImageRecord>, identity: Identity, benchSettings: BenchSettings) {
    this.#records = records;
    this.#identity = identity;
    this.#benchSettings = benchSettings;
  }

  static async open(store: Store, identity: Identity, benchSettings: BenchSettings): Promise<Images> {
    return new Images(await store.collection("images", imageRecord), identity, benchSettings);
  }

  /** In order of creation. */
  list(): ImageRecord[] {
    return inOrderOfCreation(this.#records.list());
  }

  get(id: string): ImageRecord | undefined {
    return this.#records.get(id);
  }

  /** The image, or a 404 problem. */
  require(id: string): ImageRecord {
    const found = this.get(id);
    if (found === undefined) {
      throw notFound(`There is no Docker image ${id}.`);
    }
    return found;
  }

  /**
   * What an image is called in the Docker engine, once it is AVAILABLE: for an internal image a name of the emulator's
   * own, for an external one its url.
   */
  reference(id: string): string {
    const { source } = this.require(id);
    if (source.kind === "external") {
      return source.url;
    }
    return `${this.referencePrefix()}${id.replaceAll("-", "").slice(0, 12)}:latest`;
  }

  /** What the names of all images of this emulator begin with in the Docker engine. */
  referencePrefix(): string {
    return referencePrefix(this.#identity.instance);
  }

  /** Whether the image can be used in a region of this code or UUID. */
  isInRegion(id: string, region: string): boolean {
    const { source } = this.require(id);
    const known = this.#identity.regions.find((candidate) => candidate.id === region || candidate.code === region);
    return source.kind === "external" || (known !== undefined && source.regionIds.includes(known.id));
  }

  /**
   * Adds an image. UNDOCUMENTED: that name and version must be unique among images that did not fail (409). ICA's
   * documents say nothing of it; a client must look before it creates either way, for these calls have no Idempotency-Key.
   */
  add(fresh: NewImage): Promise<ImageRecord> {
    return this.#oneAtATime(() => this.#add(fresh));
  }

  async #add(fresh: NewImage): Promise<ImageRecord> {
    const twin = this.list().find(
      ({ name, version, status }) => name === fresh.name && version === fresh.version && status !== "BUILDFAILED",
    );
    if (twin !== undefined) {
      throw conflict(`There is already an image ${fresh.name} with version ${fresh.version}: ${twin.id}.`);
    }
    const now = new Date().toISOString();
    const record: ImageRecord = {
      id: randomUUID(),
      timeCreated: now,
      timeModified: now,
      ...fresh,
      status: fresh.source.kind === "internal" ? "PARTIAL" : "AVAILABLE",
      ...(fresh.type === "BENCH" ? { benchSettings: this.#benchSettings } : {}),
    };
    await this.#records.put(record.id, record);
    return record;
  }

  /** Ends the build of a PARTIAL image. */
  async finish(
    id: string,
    outcome: { status: "AVAILABLE" } | { status: "BUILDFAILED"; failure: string },
  ): Promise<void> {
    await this.#records.update(id, (record) => modified({ ...record, ...outcome }));
  }

  /** Adds regions; those that are there already stay. */
  async addRegions(id: string, regionIds: readonly string[]): Promise<void> {
    this.checkRegions(regionIds);
    await this.#changeRegions(id, (known) => [...new Set([...known, ...regionIds])]);
  }

  /** Removes regions. UNDOCUMENTED whether ICA lets the last one go; here it may. */
  async removeRegions(id: string, regionIds: readonly string[]): Promise<void> {
    this.checkRegions(regionIds);
    await this.#changeRegions(id, (known) => known.filter((region) => !regionIds.includes(region)));
  }

  async #changeRegions(id: string, change: (known: string[]) => string[]): Promise<void> {
    this.require(id);
    await this.#records.update(id, (record) => {
      if (record.source.kind === "external") {
        throw conflict(`Image ${record.name} is external; only internal images have regions.`);
      }
      return modified({ ...record, source: { ...record.source, regionIds: change(record.source.regionIds) } });
    });
  }

  /** A 400 problem when one of the UUIDs is not a region of the tenant. */
  checkRegions(regionIds: readonly string[]): void {
    for (const regionId of regionIds) {
      if (!this.#identity.regions.some(({ id }) => id === regionId)) {
        throw badRequest(`There is no region ${regionId}. GET /api/regions lists them.`, {
          parameters: { regions: "names a region that is not there" },
        });
      }
    }
  }
}

/** What the names of all images of an emulator begin with in the Docker engine. */
export function referencePrefix(instance: string): string {
  return `pulumi-ica/${instance}/`;
}

function modified(record: ImageRecord): ImageRecord {
  return { ...record, timeModified: new Date().toISOString() };
}
