import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { type Extract, extract } from "tar-stream";
import { z } from "zod";
import { drained } from "../bytes/stream";
import type { FolderEntry, ImageFile } from "./image-files";
import { type ImageInfo, parseImageConfig } from "./image-info";
import type { ImageLayer } from "./image-layers";
import { isPacked } from "./layer-compression";
import { keptText, type LayerEntries, readLayer, TextBudget } from "./layer-entries";
import { LayeredFiles } from "./layered-files";

/** The content of an archive that has been streamed. */
export interface SeenImage {
  readonly info: ImageInfo;
  readonly layers: readonly ImageLayer[];
  readonly read: (path: string) => Promise<ImageFile | undefined>;
  readonly find: (folder: string, wanted: (entry: FolderEntry) => boolean, most: number) => Promise<FolderEntry[]>;
  /** Files whose content `read` asked for but which were not kept. */
  readonly unread: () => readonly string[];
}

/** The archive does not have the form that BuildKit and `docker save` write. */
export class ArchiveLookError extends Error {
  override readonly name = "ArchiveLookError";
}

/** Largest number of bytes of a manifest or a configuration; any larger entry is a layer. */
const largestMetadata = 4 * 1024 * 1024;

const manifestSchema = z.tuple([z.object({ Config: z.string(), Layers: z.array(z.string()) })]);

/**
 * Reads an image's archive (https://github.com/moby/docker-image-spec: layers, a configuration, manifest.json) while it
 * streams. The parts may come in any order: BuildKit writes them by digest, and the manifest that identifies them last.
 */
export class ArchiveLook {
  readonly #layers = new Map<string, LayerEntries | "compressed">();
  readonly #sizes = new Map<string, number>();
  readonly #documents = new Map<string, Buffer>();
  readonly #entries: Extract = extract();
  readonly #read: Promise<void>;
  readonly #always: ReadonlySet<string>;
  readonly #budget: TextBudget;

  /** `always`: files that are always kept. `kept`: largest number of bytes of all other texts. */
  constructor(always: readonly string[], kept: number = keptText) {
    this.#always = new Set(always);
    this.#budget = new TextBudget(kept);
    this.#read = this.#readEntries();
    // The error reaches the caller that passes chunks or asks for the image.
    this.#read.catch(() => undefined);
  }

  /** Passes on the source's bytes and reads them. `done` is called with the image before the last bytes are passed on. */
  async *pass(source: Readable, done: (image: SeenImage) => Promise<void>): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of bytesOf(source)) {
        if (this.#entries.destroyed) {
          await this.#read;
        }
        if (!this.#entries.write(chunk)) {
          await drained(this.#entries);
        }
        yield chunk;
      }
      this.#entries.end(undefined);
      await this.#read;
      await done(this.#image());
    } finally {
      this.#entries.destroy();
    }
  }

  async #readEntries(): Promise<void> {
    for await (const entry of this.#entries) {
      const { name, type, size = 0 } = entry.header;
      if (type === "file") {
        await this.#readEntry(name.replace(/^(?:\.\/)+/, ""), size, bytesOf(entry));
      }
      entry.resume();
    }
  }

  async #readEntry(name: string, size: number, content: AsyncIterable<Buffer>): Promise<void> {
    this.#sizes.set(name, size);
    if (size > largestMetadata) {
      if (layerName.test(name)) {
        this.#layers.set(name, await this.#readLayer(content));
      }
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of content) {
      chunks.push(chunk);
    }
    const bytes = Buffer.concat(chunks);
    const opens = bytes[0] === openingBrace || bytes[0] === openingBracket;
    // An archive begins with the name of its first file, which may also start with these characters.
    if (opens && parseJson(bytes.toString("utf8")) !== undefined) {
      this.#documents.set(name, bytes);
    } else if (layerName.test(name)) {
      this.#layers.set(name, await this.#readLayer(each(bytes)));
    }
  }

  async #readLayer(content: AsyncIterable<Buffer>): Promise<LayerEntries | "compressed"> {
    const chunks = content[Symbol.asyncIterator]();
    const first = await chunks.next();
    const start: Buffer = first.done === true ? Buffer.alloc(0) : first.value;
    // The reader of the entries skips the rest.
    if (isPacked(start)) {
      return "compressed";
    }
    return readLayer(each(start, { [Symbol.asyncIterator]: () => chunks }), this.#always, this.#budget);
  }

  #image(): SeenImage {
    const [{ Config, Layers }] = this.#document("manifest.json", manifestSchema);
    const config = this.#documents.get(Config);
    if (config === undefined) {
      throw new ArchiveLookError(`the image's archive has no configuration ${Config}`);
    }
    const layers = Layers.map((name) => {
      const layer = this.#layers.get(name);
      if (layer === undefined) {
        throw new ArchiveLookError(`the image's archive has no layer ${name}`);
      }
      if (layer === "compressed") {
        throw new ArchiveLookError(
          `the layer ${name} came compressed, so it cannot be looked into: does the builder run a BuildKit that knows force-compression (0.9 or newer)?`,
        );
      }
      return layer;
    });
    const files = new LayeredFiles(layers);
    const digest =
      /(?:^|[/:])([0-9a-f]{64})(?:\.json)?$/.exec(Config)?.[1] ?? createHash("sha256").update(config).digest("hex");
    const bytes = Layers.map((name) => this.#sizes.get(name) ?? 0);
    return {
      ...parseImageConfig(config.toString("utf8"), `sha256:${digest}`, bytes),
      read: async (path) => files.read(path),
      find: async (folder, wanted, most) => files.find(folder, wanted, most),
      unread: () => files.unread,
    };
  }

  #document<T>(name: string, schema: z.ZodType<T>): T {
    const text = this.#documents.get(name)?.toString("utf8");
    if (text === undefined) {
      throw new ArchiveLookError(`the image's archive has no ${name}`);
    }
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) {
      return parsed.data;
    }
    throw new ArchiveLookError(
      `${name} of the image's archive is not as BuildKit writes it: ${z.prettifyError(parsed.error)}`,
    );
  }
}

const layerName = /^(?:[0-9a-f]{64}\/layer\.tar|blobs\/sha256\/[0-9a-f]{64})$/;
const openingBrace = 0x7b;
const openingBracket = 0x5b;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function* bytesOf(source: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    if (!Buffer.isBuffer(chunk)) {
      throw new TypeError("an archive is made of bytes");
    }
    yield chunk;
  }
}

async function* each(first: Buffer, rest?: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  if (rest !== undefined) {
    yield* rest;
  }
}
