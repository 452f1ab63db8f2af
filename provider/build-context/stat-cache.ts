import { createHash } from "node:crypto";
import { readFile, utimes } from "node:fs/promises";
import { join } from "node:path";
import { trimFolder, writeWhole } from "../bytes/cached-files";
import { cacheFolder } from "../cache-folder";

export interface StatCacheOptions {
  /** Default: next to the layer cache. */
  readonly folder?: string;
  /** Milliseconds since 1970. */
  readonly now?: number | undefined;
}

/**
 * Remembers the hashes of a context's files, so that for an unchanged context of a gigabyte it is enough to stat the files.
 * A file counts as unchanged when its size, inode, mode, modification time and change time (both in nanoseconds) are the
 * same.
 *
 * As in git, a recently changed file is not remembered: it could change again within the same tick of the file system's
 * clock and look the same. An edit that sets the modification time back still updates the change time.
 *
 * The cache is optional: if it is damaged, or cannot be read or written, everything works without it.
 */
export class StatCache {
  readonly #file: string;
  readonly #folder: string;
  #known: ReadonlyMap<string, string> = new Map();
  #hits = 0;
  readonly #next = new Map<string, string>();
  /** Milliseconds since 1970. From this time on, two edits of a file may look the same. */
  readonly #fresh: number;

  private constructor(folder: string, name: string, now: number) {
    this.#folder = folder;
    this.#file = join(folder, name);
    this.#fresh = now - marginMs;
  }

  /**
   * Opens the cache of one context for one Dockerfile's rules; both paths are absolute. `now` is a time before the first look
   * at a file.
   */
  static async open(
    { context, dockerfile }: { context: string; dockerfile: string },
    { folder = cacheFolder("contexts"), now = Date.now() }: StatCacheOptions = {},
  ): Promise<StatCache> {
    const cache = new StatCache(folder, `${sha256(`${context}\0${dockerfile}`)}-v${version}`, now);
    cache.#known = (await tried(async () => parse(await readFile(cache.#file, "utf8")))) ?? new Map();
    return cache;
  }

  /** The hash of an unchanged file; undefined when it has to be read. */
  get(path: string, look: FileLook): string | undefined {
    const known = this.#known.get(path);
    if (known === undefined || known.slice(digestLength + 1) !== look.state) {
      return undefined;
    }
    this.#hits++;
    this.#next.set(path, known);
    return known.slice(0, digestLength);
  }

  /** Remembers the hash of a file that was read after the look, if the look is old enough to be reliable. */
  set(path: string, look: FileLook, hash: string): void {
    if (look.changedMs < this.#fresh) {
      this.#next.set(path, `${hash} ${look.state}`);
    }
  }

  /** Writes the cache. If two processes write, the later one wins; both are correct. */
  async save(): Promise<void> {
    await tried(async () => {
      if (this.#hits === this.#next.size && this.#hits === this.#known.size) {
        const now = new Date();
        // The time of last use decides what is removed first.
        if (this.#hits > 0) {
          await utimes(this.#file, now, now);
        }
        return;
      }
      await writeWhole(this.#file, format(this.#next));
      await trimFolder(this.#folder, { bytes: byteLimit, files: contextLimit });
    });
  }
}

/** What was seen of a file before it was read. */
export interface FileLook {
  /** Everything that changes when the file does, in one string. */
  readonly state: string;
  /** When it last changed, in milliseconds since 1970: the later of modification and change time. */
  readonly changedMs: number;
}

/** Increased when the cache's file format or the way files are checked changes. */
const version = 1;
const digestLength = 64;
/**
 * Coarser than the clock of any file system (FAT has steps of two seconds), and leaves room for a file server whose clock
 * differs a little from this machine's.
 */
const marginMs = 3000;
/** Number of contexts to remember, and bytes for all of them; 20,000 files take about 3 MB. */
const contextLimit = 100;
const byteLimit = 200e6;

/** Path and entry in turn, each ended by NUL, the only character that no path can contain. A hash of all that comes first. */
function format(known: ReadonlyMap<string, string>): string {
  const body = [...known].map(([path, knowledge]) => `${path}\0${knowledge}\0`).join("");
  return `${sha256(body)}\n${body}`;
}

function parse(text: string): Map<string, string> {
  const body = text.slice(digestLength + 1);
  const known = new Map<string, string>();
  if (text.slice(0, digestLength + 1) !== `${sha256(body)}\n`) {
    return known;
  }
  const parts = body.split("\0");
  for (let index = 0; index + 1 < parts.length; index += 2) {
    known.set(parts[index] ?? "", parts[index + 1] ?? "");
  }
  return known;
}

/** Undefined on failure: without a cache the result is the same, only slower. */
async function tried<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
