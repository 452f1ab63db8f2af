import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { access, type FileHandle, open, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { runOnFiles } from "../bytes/process";

/** A program that compresses its input into one standard bzip2 stream. */
export interface Compressor {
  readonly name: "lbzip2" | "bzip2";
  /** Full path. */
  readonly command: string;
  readonly args: readonly string[];
  /** Level of its output, 1 to 9: a block holds at most this times 100,000 bytes before compression. */
  readonly level: number;
}

/** No compressor was found. The message says which package to install, and how to work without one. */
export class CompressorNotFoundError extends Error {
  override readonly name = "CompressorNotFoundError";
}

/** The compressor failed or was killed. */
export class CompressionError extends Error {
  override readonly name = "CompressionError";
}

/**
 * Known compressors, best first. Each runs on one core, and several run at a time (see provider/archive/compress-layers.ts).
 * lbzip2 is faster for the same work and, unlike pbzip2, writes one stream. The levels are those with the shortest time for
 * compressing and uploading together. bzip2 takes 8 % less processor time at 5 than at 9 and adds 1 % to the upload. lbzip2
 * takes the same time at each level (docs/archive.md).
 */
const known = [
  { name: "lbzip2", level: 9, args: ["-n", "1", "--compress", "--stdout", "-9"] },
  { name: "bzip2", level: 5, args: ["--compress", "--stdout", "-5"] },
] as const;

/** Finds the best compressor on PATH, limited to `names` if given. Throws {@link CompressorNotFoundError}. */
export async function compressor(
  env: NodeJS.ProcessEnv = process.env,
  names: readonly Compressor["name"][] = ["lbzip2", "bzip2"],
): Promise<Compressor> {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const { name, args, level } of known.filter((program) => names.includes(program.name))) {
    for (const folder of folders) {
      const command = join(folder, name);
      if (await isProgram(command)) {
        return { name, command, args, level };
      }
    }
  }
  throw new CompressorNotFoundError(
    "Neither lbzip2 nor bzip2 is on PATH. Install the package lbzip2 (the faster one) or bzip2, " +
      'or declare archive: { compression: "none" } to upload the plain archive.',
  );
}

/**
 * Compresses a file into one bzip2 stream and closes the file. Plain bytes go to the program, and compressed bytes come
 * back, in files without a name, which vanish with the process that has them open. With pipes, this process would have to
 * wake up for every 64 KB, and on a busy machine the program would mostly wait. Throws {@link CompressionError} or the
 * signal's reason; the program has ended by then.
 */
export async function compressFile(input: FileHandle, program: Compressor, signal?: AbortSignal): Promise<Buffer> {
  const { command, args, name } = program;
  let output: FileHandle | undefined;
  try {
    signal?.throwIfAborted();
    output = await namelessFile(Buffer.alloc(0));
    const files = { input: input.fd, output: output.fd };
    const exit = await runOnFiles({ command, args, ...files, ...(signal === undefined ? {} : { signal }) });
    if (exit.code !== 0) {
      const how =
        exit.signal === undefined ? `ended with ${exit.code ?? "no exit code"}` : `was ended by ${exit.signal}`;
      throw new CompressionError(
        `${name} ${how}${exit.words === "" ? "" : `: ${exit.words}`}. Running the same command again is safe.`,
      );
    }
    return await wholeFile(output);
  } finally {
    await Promise.all([input.close(), output?.close()]);
  }
}

/** A file without a name that contains these bytes. Its position is at the start, where a program begins to read. */
export async function namelessFile(bytes: Buffer): Promise<FileHandle> {
  const path = join(tmpdir(), `pulumi-ica-${randomUUID()}`);
  const file = await open(path, "wx+", 0o600);
  try {
    await unlink(path);
    for (let at = 0; at < bytes.length; ) {
      at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
    }
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** All bytes of an open file, from any position. */
export async function wholeFile(file: FileHandle): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe((await file.stat()).size);
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, at);
    if (bytesRead === 0) {
      return bytes.subarray(0, at);
    }
    at += bytesRead;
  }
  return bytes;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
