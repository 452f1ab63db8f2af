import { createHash } from "node:crypto";
import { closeSync, constants, createReadStream, openSync, readSync } from "node:fs";
import { join } from "node:path";
import pLimit from "p-limit";
import type { HashedEntry } from "./manifest";
import { reading, readingNow } from "./reading";
import type { StatCache } from "./stat-cache";
import type { ContextEntry } from "./walk";
import { EventLoopYielder } from "./yield-to-event-loop";

/** A larger file is read in pieces, alongside other work; a smaller one at once. */
const smallFile = 256 * 1024;
/** The file may have become a link or a pipe since it was listed. These flags do not follow a link and do not wait on a pipe. */
const asFile = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** Number of large files read at a time. */
const largeAtOnce = 2;
/** Below this, reading the files is faster than reading a cache. */
const worth = { bytes: 8e6, files: 500 };

/** The hashes of files and links, from the cache where it has them. */
export async function hashFiles(
  context: string,
  entries: readonly ContextEntry[],
  cache: StatCache,
): Promise<HashedEntry[]> {
  const hashes = new Map<ContextEntry, string>();
  const small: ContextEntry[] = [];
  const limit = pLimit(largeAtOnce);
  const large: Promise<void>[] = [];
  for (const entry of entries) {
    if (entry.kind === "link") {
      hashes.set(entry, createHash("sha256").update(entry.target).digest("hex"));
      continue;
    }
    const known = cache.get(entry.path, entry.look);
    if (known !== undefined) {
      hashes.set(entry, known);
    } else if (entry.bytes <= smallFile) {
      small.push(entry);
    } else {
      large.push(
        limit(async () => {
          const path = join(context, entry.path);
          const hash = await reading(path, () => hashStream(path));
          cache.set(entry.path, entry.look, hash);
          hashes.set(entry, hash);
        }),
      );
    }
  }
  const buffer = Buffer.allocUnsafe(smallFile);
  const hashSmall = async () => {
    const turns = new EventLoopYielder();
    for (const entry of small) {
      await turns.yieldIfDue();
      const path = join(context, entry.path);
      const hash = readingNow(path, () => hashSmallFile(path, buffer));
      if (entry.kind === "file") {
        cache.set(entry.path, entry.look, hash);
      }
      hashes.set(entry, hash);
    }
  };
  await Promise.all([hashSmall(), ...large]);
  const bytes = entries.reduce((sum, entry) => sum + (entry.kind === "file" ? entry.bytes : 0), 0);
  if (bytes >= worth.bytes || entries.length >= worth.files) {
    await cache.save();
  }
  return entries.map((entry) => ({
    kind: entry.kind,
    path: entry.path,
    executable: entry.kind === "file" && entry.executable,
    sha256: hashes.get(entry) ?? "",
  }));
}

function hashSmallFile(path: string, buffer: Buffer): string {
  const hash = createHash("sha256");
  const file = openSync(path, asFile);
  try {
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
      hash.update(buffer.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}

async function hashStream(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { fd: openSync(path, asFile), highWaterMark: 1024 * 1024 })) {
    hash.update(chunk);
  }
  return hash.digest("hex");
}

/** The first bytes of a file in a context: enough to check a script. */
export function beginningOf(path: string): Buffer {
  const file = openSync(path, asFile);
  try {
    const buffer = Buffer.alloc(4 * smallFile);
    return buffer.subarray(0, readSync(file, buffer));
  } finally {
    closeSync(file);
  }
}
