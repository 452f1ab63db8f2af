import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { PassThrough, type Readable } from "node:stream";

/** The archive is invalid; the message is the reason for the failed build. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
}

/** The decompressed content of an archive. The first bytes decide whether it is tar or bzip2, not the file name. */
export async function openArchive(file: string, signal: AbortSignal): Promise<Readable> {
  const start = await firstBytes(file, 512);
  if (start.subarray(0, 3).toString("latin1") === "BZh") {
    return decompress(file, signal);
  }
  if (start.subarray(257, 262).toString("latin1") === "ustar") {
    return createReadStream(file, { signal });
  }
  throw new ArchiveError("the file is neither a tar archive nor one compressed with bzip2");
}

async function decompress(file: string, signal: AbortSignal): Promise<Readable> {
  const child = spawn(await bunzip2(), ["-dc", file], { stdio: ["ignore", "pipe", "pipe"], signal });
  const output = new PassThrough();
  output.on("error", reportedElsewhere);
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(0, 1000);
  });
  child.on("error", (error) => output.destroy(error));
  child.on("close", (code) => {
    if (code === 0) {
      output.end();
    } else {
      output.destroy(
        new ArchiveError(`it cannot be decompressed: ${words.trim().split("\n")[0] || `exit code ${code}`}`),
      );
    }
  });
  child.stdout.pipe(output, { end: false });
  // If the reader gives up, the process must not keep writing.
  output.once("close", () => child.kill());
  return output;
}

/** The fastest installed bzip2. */
async function bunzip2(): Promise<string> {
  for (const command of ["lbzip2", "bzip2"]) {
    const found = await new Promise<boolean>((resolve) => {
      spawn(command, ["--help"], { stdio: "ignore" })
        .once("error", () => resolve(false))
        .once("close", () => resolve(true));
    });
    if (found) {
      return command;
    }
  }
  throw new Error("bzip2 is not installed. Install bzip2 or lbzip2, then start the emulator again.");
}

async function firstBytes(file: string, length: number): Promise<Buffer> {
  const handle = await open(file, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * A listener for the error event of a stream whose reader gets the same error. Without a listener, the event would end
 * the process.
 */
export function reportedElsewhere(): void {
  return;
}
