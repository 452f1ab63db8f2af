import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { isAlive } from "../../runtime/is-alive";
import { textOf } from "./unless-missing";
import { writeDurably } from "./write-durably";

const running = z.object({
  pid: z.int().positive(),
  /** Distinguishes a process from a later one with the same number; empty on systems that do not provide it. */
  started: z.string(),
  url: z.string().optional(),
});

/** The emulator that uses a data folder. */
export type Running = z.infer<typeof running>;

const fileOf = (dir: string) => path.join(dir, "emulator.pid");

/** The emulator that runs on this folder now, or undefined. A killed one does not count. */
export async function runningOn(dir: string): Promise<Running | undefined> {
  const known = parse(await textOf(fileOf(dir)));
  return known !== undefined && runs(known) ? known : undefined;
}

/** Locks the data folder for this process. Throws when a running emulator holds it. */
export async function lock(dir: string): Promise<Lock> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = fileOf(dir);
  const mine: Running = { pid: process.pid, started: startOf(process.pid) };
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    await takeLock(draft, file, dir);
  } finally {
    await rm(draft, { force: true });
  }
  return new Lock(file, mine);
}

/** A data folder locked by this process. */
export class Lock {
  readonly #file: string;
  readonly #mine: Running;

  /** @internal use {@link lock} */
  constructor(file: string, mine: Running) {
    this.#file = file;
    this.#mine = mine;
  }

  /** Publishes the URL of this emulator. */
  async announce(url: string): Promise<void> {
    await writeDurably(this.#file, JSON.stringify({ ...this.#mine, url }));
  }

  /** Unlocks the folder. */
  async release(): Promise<void> {
    await rm(this.#file, { force: true });
  }
}

/** Milliseconds between attempts while other processes try too, and the number of attempts. */
const pauseMs = 20;
const tries = 250;

async function takeLock(draft: string, file: string, dir: string): Promise<void> {
  for (let left = tries; ; left--) {
    try {
      // A link appears as a whole or not at all, and never replaces another file.
      await link(draft, file);
      return;
    } catch (error) {
      const found = await textOf(file);
      const known = parse(found);
      if (known !== undefined && runs(known)) {
        throw new Error(
          `An emulator (process ${known.pid}) already uses ${dir}. Stop it first, or choose another folder.`,
          { cause: error },
        );
      }
      if (left === 0) {
        throw error;
      }
      if (found !== undefined && !(await removeDead(draft, file, found))) {
        await delay(pauseMs);
      }
    }
  }
}

/**
 * Removes the lock of a dead process. If several processes find it dead, only one may remove it; otherwise a slow one
 * could remove the new lock of a fast one. The right to remove it is a lock of its own, named after the dead lock.
 * Returns false when another process has this right.
 */
async function removeDead(draft: string, file: string, found: string): Promise<boolean> {
  const right = `${file}.${createHash("sha256").update(found).digest("hex").slice(0, 16)}`;
  try {
    await link(draft, right);
  } catch {
    // Another process has the right, or was killed while it had it.
    const other = await textOf(right);
    const holder = parse(other);
    return other !== undefined && !(holder !== undefined && runs(holder)) && removeDead(draft, right, other);
  }
  try {
    if ((await textOf(file)) === found) {
      await rm(file, { force: true });
    }
  } finally {
    await rm(right, { force: true });
  }
  return true;
}

function parse(text: string | undefined): Running | undefined {
  try {
    return running.parse(JSON.parse(text ?? ""));
  } catch {
    // Missing, or torn by a crash: no process holds the lock.
    return undefined;
  }
}

function runs({ pid, started }: Running): boolean {
  const now = startOf(pid);
  // Some systems hide the processes of other users.
  return isAlive(pid) && (now === "" || now === started);
}

/**
 * The start time of a process in the kernel's own count, where available. Process numbers are reused; this value is
 * not.
 */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    // Not Linux.
    return "";
  }
}
