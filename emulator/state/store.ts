import { mkdir, readdir, readFile, unlink } from "node:fs/promises";
import path from "node:path";
import type { z } from "zod";
import { syncFolder } from "./sync-file";
import { temporarySuffix, writeDurably } from "./write-durably";

const documentSuffix = ".json";

/**
 * Named collections of JSON documents in the emulator's data folder, one file per document. `put`, `update` and
 * `delete` resolve once the change is on disk: written to a temporary file, synced, renamed, folder synced. Reads come
 * from memory.
 */
export class Store {
  readonly #dir: string;

  /** @param dir the folder with one folder per collection; created for its owner only when missing */
  constructor(dir: string) {
    this.#dir = dir;
  }

  /**
   * Opens a collection and loads it. Ignores and removes files that a crash left half-written. Throws an error that
   * names the file when a complete document does not fit the schema.
   */
  async collection<T>(name: string, schema: z.ZodType<T>): Promise<Collection<T>> {
    const dir = path.join(this.#dir, name);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await syncFolder(this.#dir);
    const documents = new Map<string, T>();
    for (const file of (await readdir(dir)).sort()) {
      if (file.endsWith(temporarySuffix)) {
        await unlink(path.join(dir, file));
      } else if (file.endsWith(documentSuffix)) {
        documents.set(
          decodeURIComponent(file.slice(0, -documentSuffix.length)),
          await load(path.join(dir, file), schema),
        );
      }
    }
    return new Collection(dir, schema, documents);
  }
}

/** Documents of one kind by id. Treat the returned documents as read-only; change them with `put` or `update`. */
export class Collection<T> {
  readonly #dir: string;
  readonly #schema: z.ZodType<T>;
  readonly #documents: Map<string, T>;
  readonly #queues = new Map<string, Promise<unknown>>();

  /** @internal use {@link Store.collection} */
  constructor(dir: string, schema: z.ZodType<T>, documents: Map<string, T>) {
    this.#dir = dir;
    this.#schema = schema;
    this.#documents = documents;
  }

  /** The document as last written, or undefined. */
  get(id: string): T | undefined {
    return this.#documents.get(id);
  }

  /** All documents in the order of their first write; those of earlier runs come first, by id. */
  list(): T[] {
    return [...this.#documents.values()];
  }

  /** Writes a document; resolves when it is on disk. */
  put(id: string, document: T): Promise<void> {
    return this.#inTurn(id, () => this.#write(id, document));
  }

  /**
   * Reads, changes and writes a document as one step among all writers of that id. Undefined when it does not exist.
   */
  update(id: string, change: (document: T) => T): Promise<T | undefined> {
    return this.#inTurn(id, async () => {
      const current = this.#documents.get(id);
      if (current === undefined) {
        return undefined;
      }
      const next = change(current);
      if (next !== current) {
        await this.#write(id, next);
      }
      return next;
    });
  }

  /** Removes a document; resolves when the removal is on disk. No error when it does not exist. */
  delete(id: string): Promise<void> {
    return this.#inTurn(id, async () => {
      if (!this.#documents.has(id)) {
        return;
      }
      await unlink(this.#file(id));
      await syncFolder(this.#dir);
      this.#documents.delete(id);
    });
  }

  async #write(id: string, document: T): Promise<void> {
    const checked = this.#schema.parse(document);
    await writeDurably(this.#file(id), JSON.stringify(checked, null, 1));
    this.#documents.set(id, checked);
  }

  #file(id: string): string {
    return path.join(this.#dir, `${encodeURIComponent(id)}${documentSuffix}`);
  }

  /** One writer at a time for each id, in the order of the calls. */
  #inTurn<R>(id: string, action: () => Promise<R>): Promise<R> {
    const before = this.#queues.get(id) ?? Promise.resolve();
    const result = before.then(action, action);
    this.#queues.set(id, result);
    const done = () => {
      if (this.#queues.get(id) === result) {
        this.#queues.delete(id);
      }
    };
    result.then(done, done);
    return result;
  }
}

/** Reads the documents of a collection from disk without touching them, for a store in use. */
export async function peek<T>(dir: string, name: string, schema: z.ZodType<T>): Promise<T[]> {
  const folder = path.join(dir, name);
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      return [];
    }
    throw error;
  });
  return Promise.all(
    files.filter((file) => file.endsWith(documentSuffix)).map((file) => load(path.join(folder, file), schema)),
  );
}

async function load<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  try {
    return schema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    throw new Error(`${file} cannot be read as what it should be. Restore it, or remove it to lose that document.`, {
      cause,
    });
  }
}
