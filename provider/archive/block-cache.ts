import { futimes } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { trimFolder, writeWhole } from "../bytes/cached-files";
import { wholeFile } from "../bzip2/compress";
import type { Part } from "../bzip2/part";
import { errorMessage } from "../error-message";
import { readKept, toKeep } from "./block-file";

/**
 * Compressed blocks, keyed by their plain content: one file for each chunk of a layer, named by the SHA-256 of the plain
 * bytes. The cache needs no layer information from Docker. Two images that share a layer share its files, and a release that
 * was killed halfway finds what it had compressed. Each file is written under a temporary name and renamed, so other
 * processes see all of it or nothing. It contains a checksum, so a damaged file is detected, removed and made again
 * (block-file.ts).
 */

// The file handles of Yarn's Plug'n'Play have no `utimes()`.
const setTimes = promisify(futimes);

/** Part of the file name; increased when the way chunks are cut or files are laid out changes. */
const version = 2;

export class BlockCache {
  readonly #folder: string;
  readonly #limit: number;
  readonly #warn: (line: string) => void;
  #broken = false;
  #written = 0;

  /** `limit` is in bytes. `warn` receives a line about any problem that does not harm the archive. */
  constructor(options: { folder: string; limit: number; warn: (line: string) => void }) {
    this.#folder = options.folder;
    this.#limit = options.limit;
    this.#warn = options.warn;
  }

  /** The key for the blocks of some plain bytes. `digest` is the SHA-256 of these bytes, in hex. */
  key(digest: string, level: number): string {
    return `${digest}-${level}-v${version}`;
  }

  /** Undefined when the cache does not have the blocks. Removes damaged files, with a warning. */
  async get(key: string): Promise<Part | undefined> {
    const path = join(this.#folder, key);
    const file = await this.#tried("read", () => open(path, "r"));
    if (file === undefined) {
      return undefined;
    }
    try {
      const bytes = await this.#tried("read", () => wholeFile(file));
      if (bytes === undefined) {
        return undefined;
      }
      const part = readKept(bytes);
      if (part === undefined) {
        this.#warn(`the layer cache has a damaged file, which is made again: ${path}`);
        await this.#tried("changed", () => rm(path, { force: true }));
        return undefined;
      }
      const now = new Date();
      // The time of last use decides what is removed first.
      await this.#tried("changed", () => setTimes(file.fd, now, now));
      return part;
    } finally {
      await file.close();
    }
  }

  /** Stores blocks. If the cache cannot be written, it is not used again in this run, with one warning. */
  async put(key: string, part: Part): Promise<void> {
    const bytes = toKeep(part);
    const size = bytes.reduce((sum, { length }) => sum + length, 0);
    if (this.#broken || size > this.#limit) {
      return;
    }
    try {
      await writeWhole(join(this.#folder, key), bytes);
    } catch (error) {
      this.#giveUp("written", error);
      return;
    }
    this.#written += size;
    if (this.#written > this.#limit / 8) {
      await this.trim();
    }
  }

  /** Removes the files that were unused for longest until the rest is within the limit. */
  async trim(): Promise<void> {
    this.#written = 0;
    await this.#tried("changed", () => trimFolder(this.#folder, { bytes: this.#limit }));
  }

  /** A missing file is not an error: another process may have removed it. */
  async #tried<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) {
        this.#giveUp(what, error);
      }
      return undefined;
    }
  }

  #giveUp(what: string, error: unknown): void {
    if (!this.#broken) {
      this.#warn(
        `the layer cache ${this.#folder} cannot be ${what}, so the next release takes longer: ` +
          `${errorMessage(error)}`,
      );
    }
    this.#broken = true;
  }
}
