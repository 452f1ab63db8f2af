import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";

/** The path exists but is not a regular file. */
export class NotRegularError extends Error {
  override readonly name = "NotRegularError";
}

const mebibyte = 1024 * 1024;

/**
 * Reads a file that a user named. Reading a pipe or a device could block or never end, so this reads only regular files of
 * at most `mostBytes`. Throws {@link NotRegularError}, or the system's own error if the file cannot be opened.
 */
export async function readRegularFile(path: string, mostBytes = mebibyte): Promise<Buffer> {
  // Checked before opening, since opening a device may have an effect.
  assertRegular(path, await stat(path));
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    assertRegular(path, await file.stat());
    return await readUpTo(file, path, mostBytes);
  } finally {
    await file.close();
  }
}

/** Does not rely on the size: files in /proc report none, and a file may grow. */
async function readUpTo(file: FileHandle, path: string, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(64 * 1024));
    if (bytesRead === 0) {
      return Buffer.concat(chunks);
    }
    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
    if (length > mostBytes) {
      throw new NotRegularError(
        `${path} has more than ${mostBytes / mebibyte} MiB, the most that is read of such a file`,
      );
    }
  }
}

interface Kind {
  isFile(): boolean;
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

function assertRegular(path: string, found: Kind): void {
  if (found.isFile()) {
    return;
  }
  const kind = found.isDirectory()
    ? "a folder"
    : found.isFIFO()
      ? "a pipe"
      : found.isSocket()
        ? "a socket"
        : "a device";
  throw new NotRegularError(`${path} is ${kind}, not a file`);
}
