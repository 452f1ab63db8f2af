import { randomUUID } from "node:crypto";
import pLimit from "p-limit";
import { z } from "zod";
import type { BenchSettings } from "../config";
import { badRequest, conflict, notFound } from "../http/problem";
import { inOrderOfCreation } from "../state/creation-order";
import type { Identity } from "../state/identity";
import type { Collection, Store } from "../state/store";

/** The stored form of an image. */
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
  /**
   * Why the build failed. ICA's documents have no field for it, so only the log and `ica-bench emulator status` show
   * it.
   */
  failure: z.string().optional(),
});

/** A Docker image of ICA's repository as the emulator stores it. */
export type ImageRecord = z.infer<typeof imageRecord>;

/** The caller's input for a new image. */
export type NewImage = Pick<ImageRecord, "name" | "version" | "type" | "source"> & { readonly description?: string };

/** The images of the tenant. `build.ts` handles their images in the Docker engine. */
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
   * The name of an AVAILABLE image in the Docker engine: the emulator's own name for an internal image, the url of an
   * external one.
   */
  reference(id: string): string {
    const { source } = this.require(id);
    if (source.kind === "external") {
      return source.url;
    }
    return `${this.referencePrefix()}${id.replaceAll("-", "").slice(0, 12)}:latest`;
  }

  /** The common prefix of this emulator's image names in the Docker engine. */
  referencePrefix(): string {
    return referencePrefix(this.#identity.instance);
  }

  /** Whether the image is available in the region with this code or UUID. */
  isInRegion(id: string, region: string): boolean {
    const { source } = this.require(id);
    const known = this.#identity.regions.find((candidate) => candidate.id === region || candidate.code === region);
    return source.kind === "external" || (known !== undefined && source.regionIds.includes(known.id));
  }

  /**
   * Adds an image. UNDOCUMENTED: name and version must be unique among images that did not fail (409). ICA's documents
   * do not say so. A client must look before it creates either way, because these calls have no Idempotency-Key.
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

  /** Adds regions; existing ones stay. */
  async addRegions(id: string, regionIds: readonly string[]): Promise<void> {
    this.checkRegions(regionIds);
    await this.#changeRegions(id, (known) => [...new Set([...known, ...regionIds])]);
  }

  /** Removes regions. UNDOCUMENTED whether ICA allows removing the last one; the emulator does. */
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

  /** Throws a 400 problem when one of the UUIDs is not a region of the tenant. */
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

/** The common prefix of an emulator's image names in the Docker engine. */
export function referencePrefix(instance: string): string {
  return `pulumi-ica/${instance}/`;
}

function modified(record: ImageRecord): ImageRecord {
  return { ...record, timeModified: new Date().toISOString() };
}
