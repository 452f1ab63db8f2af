import { InvalidArgumentError } from "commander";
import { parseAllowedUrl } from "../../runtime/allowed-url";

/** What `ica-bench run` was told. */
export interface RunOptions {
  readonly dockerfile?: string;
  readonly target?: string;
  readonly buildArg: readonly (readonly [string, string])[];
  readonly force: boolean;
  /** Undefined: if the image offers it. */
  readonly web?: boolean;
  readonly console?: boolean;
  readonly restricted: boolean;
  readonly allow: readonly string[];
  /** Whether it reaches private addresses, too. */
  readonly allowPrivate: boolean;
  /** Name of a volume that is kept. */
  readonly data?: string;
  readonly env: readonly (readonly [string, string])[];
  /** Bytes. */
  readonly memory?: number;
  readonly cpus?: number;
  /** -1: all. */
  readonly gpus?: number;
  readonly shell: boolean;
  readonly json: boolean;
}

/** Addresses to allow, in their order. */
export function collectAddress(text: string, before: readonly string[]): readonly string[] {
  try {
    parseAllowedUrl(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
  return [...before, text];
}

const units: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Bytes, as docker writes them: `512m`, `2g`, `1.5g`. */
export function parseBytes(text: string): number {
  const [, number, unit = "b"] = /^(\d+(?:\.\d+)?)([bkmgt])?(?:i?b)?$/i.exec(text) ?? [];
  const bytes = Math.round(Number(number) * (units[unit.toLowerCase()] ?? Number.NaN));
  if (!(bytes >= 6 * 1024 ** 2)) {
    throw new InvalidArgumentError("Write a size such as 512m or 2g, of 6m or more.");
  }
  return bytes;
}

/** Processors, also parts of one. */
export function parseCpus(text: string): number {
  const cpus = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(cpus >= 0.01 && cpus <= 1024)) {
    throw new InvalidArgumentError("Write a number of processors, such as 2 or 0.5.");
  }
  return cpus;
}

/** A number of GPUs, or all of them. */
export function parseGpus(text: string): number {
  if (text === "all") {
    return -1;
  }
  if (!/^[1-9]\d{0,2}$/.test(text)) {
    throw new InvalidArgumentError("Write all, or a number of GPUs.");
  }
  return Number(text);
}

/** The name of a volume. A folder would have to belong to user 1000, which on most machines is somebody else. */
export function parseVolume(text: string): string {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,62}$/.test(text)) {
    throw new InvalidArgumentError(
      "It is the name of a Docker volume, made when it is not there: letters, digits, dots, dashes, underscores. " +
        "A folder of this machine would have to belong to UID 1000; to get at the files: docker cp, or scp.",
    );
  }
  return text;
}
