import { wasInterrupted } from "./process.mjs";

let out = process.stdout;

/** Sends progress to stderr, for a command whose stdout a shell evaluates. */
export function progressToStderr() {
  out = process.stderr;
}

export function say(line = "") {
  out.write(`${line}\n`);
}

/** A failure that the user can act on: what is wrong, and what to do. */
export class Remedy extends Error {
  /**
   * @param {string} problem what was looked for and what was found
   * @param {string} remedy what to do, as commands where possible
   */
  constructor(problem, remedy) {
    super(`${problem}\n  What to do: ${remedy}`);
    this.name = "Remedy";
  }
}

/** Seconds since `start` (from `performance.now()`), formatted for people. */
function elapsed(start) {
  const seconds = (performance.now() - start) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

const nameWidth = 13;

/** Announces a slow step, to explain minutes of silence. */
export function begin(name, text) {
  say(`${name.padEnd(nameWidth)} ${text} …`);
}

/**
 * Runs one step of set-up and prints one line for it: what it did, or that nothing was needed, and how long it took.
 *
 * @template T
 * @param {string} name
 * @param {() => Promise<{ said: string, value?: T }>} work
 * @returns {Promise<T | undefined>}
 */
export async function step(name, work) {
  const start = performance.now();
  const { said, value } = await work();
  say(`${name.padEnd(nameWidth)} ${said} (${elapsed(start)})`);
  return value;
}

/** Runs a whole command. A failure ends it with one clear message, no stack trace, and exit code 1. */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    if (wasInterrupted()) process.exit(130);
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`\n${message}\n`);
    process.exit(1);
  }
}
