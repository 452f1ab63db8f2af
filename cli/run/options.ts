import { InvalidArgumentError } from "commander";
import { parseAllowedUrl } from "../../runtime/allowed-url";

/** The options of `ica-bench run`. */
export interface RunOptions {
  readonly dockerfile?: string;
  readonly target?: string;
  readonly buildArg: readonly (readonly [string, string])[];
  readonly force: boolean;
  /** Undefined: on if the image offers it. */
  readonly web?: boolean;
  readonly console?: boolean;
  readonly restricted: boolean;
  readonly allow: readonly string[];
  /** Whether the workspace can also reach private addresses. */
  readonly allowPrivate: boolean;
  /** Name of a volume to keep. */
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

/** Collects allowed addresses, in order. */
export function collectAddress(text: string, before: readonly string[]): readonly string[] {
  try {
    parseAllowedUrl(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
  return [...before, text];
}

const units: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Parses bytes as docker writes them: `512m`, `2g`, `1.5g`. */
export function parseBytes(text: string): number {
  const [, number, unit = "b"] = /^(\d+(?:\.\d+)?)([bkmgt])?(?:i?b)?$/i.exec(text) ?? [];
  const bytes = Math.round(Number(number) * (units[unit.toLowerCase()] ?? Number.NaN));
  if (!(bytes >= 6 * 1024 ** 2)) {
    throw new InvalidArgumentError("Write a size such as 512m or 2g, of 6m or more.");
  }
  return bytes;
}

/** Parses a number of processors, which may be a fraction. */
export function parseCpus(text: string): number {
  const cpus = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(cpus >= 0.01 && cpus <= 1024)) {
    throw new InvalidArgumentError("Write a number of processors, such as 2 or 0.5.");
  }
  return cpus;
}

/** Parses a number of GPUs, or `all`. */
export function parseGpus(text: string): number {
  if (text === "all") {
    return -1;
  }
  if (!/^[1-9]\d{0,2}$/.test(text)) {
    throw new InvalidArgumentError("Write all, or a number of GPUs.");
  }
  return Number(text);
}

/** Parses the name of a volume. A folder would have to belong to user 1000, who on most machines is another user. */
export function parseVolume(text: string): string {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,62}$/.test(text)) {
    throw new InvalidArgumentError(
      "It is the name of a Docker volume, made when it is not there: letters, digits, dots, dashes, underscores. " +
        "A folder of this machine would have to belong to UID 1000; to get at the files: docker cp, or scp.",
    );
  }
  return text;
}
