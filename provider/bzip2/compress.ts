import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { Readable } from "node:stream";
import { type Output, outputOf } from "../process";

/** A program that compresses from its input to its output into one standard bzip2 stream. */
export interface Compressor {
  readonly name: "lbzip2" | "bzip2";
  /** Full path. */
  readonly command: string;
  readonly args: readonly string[];
}

/** No program that can compress; the message says which package to install, and the way without one. */
export class CompressorNotFoundError extends Error {
  override readonly name = "CompressorNotFoundError";
}

/** The compressor failed, or was ended from outside. */
export class CompressionError extends Error {
  override readonly name = "CompressionError";
}

/** What `bzip2` uses when nothing is said, as in the vendor's own command line. */
export const level = 9;

/**
 * Known compressors, the best first, on one core each: several run at a time (see pack.ts). lbzip2 needs less time for the same
 * work and, unlike pbzip2, writes one stream.
 */
const known = [
  { name: "lbzip2", args: ["-n", "1", "--compress", "--stdout", `-${level}`] },
  { name: "bzip2", args: ["--compress", "--stdout", `-${level}`] },
] as const;

/** Finds the best compressor on PATH; `names`: of these only. Throws {@link CompressorNotFoundError}. */
export async function compressor(
  env: NodeJS.ProcessEnv = process.env,
  names: readonly Compressor["name"][] = ["lbzip2", "bzip2"],
): Promise<Compressor> {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const { name, args } of known.filter((program) => names.includes(program.name))) {
    for (const folder of folders) {
      const command = join(folder, name);
      if (await isProgram(command)) return { name, command, args };
    }
  }
  throw new CompressorNotFoundError(
    "Neither lbzip2 nor bzip2 is on PATH. Install the package lbzip2 (several times faster) or bzip2, " +
      'or declare archive: { compression: "none" } to upload the plain archive.',
  );
}

/**
 * Compresses a stream. The output fails when the source or the compressor does, and never ends early as if it were whole;
 * when the output is given up, the source is destroyed and the process ended.
 */
export function compress(source: Readable, { command, args, name }: Compressor, signal?: AbortSignal): Output {
  return outputOf({
    command,
    args,
    input: source,
    ...(signal === undefined ? {} : { signal }),
    failure: (exit) => {
      const how =
        exit.signal === undefined ? `ended with ${exit.code ?? "no exit code"}` : `was ended by ${exit.signal}`;
      return new CompressionError(
        `${name} ${how}${exit.words === "" ? "" : `: ${exit.words}`}. Running the same command again is safe.`,
      );
    },
  });
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
