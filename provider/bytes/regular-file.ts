import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";

/** A path is there, and names nothing that can be read as a file with an end. */
export class NotRegularError extends Error {
  override readonly name = "NotRegularError";
}

const mebibyte = 1024 * 1024;

/**
 * Reads a file that a person named. A pipe or a device would keep its reader waiting or never end, so only regular files of at most
 * `mostBytes` are read. Throws {@link NotRegularError}, or the system's own error where nothing can be opened.
 */
export async function readRegularFile(path: string, mostBytes = mebibyte): Promise<Buffer> {
  // Before it is opened: to open a device may do something.
  assertRegular(path, await stat(path));
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    assertRegular(path, await file.stat());
    return await readUpTo(file, path, mostBytes);
  } finally {
    await file.close();
  }
}

/** The size is not asked for: files of /proc have none, and a file may grow. */
async function readUpTo(file: FileHandle, path: string, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(64 * 1024));
    if (bytesRead === 0) return Buffer.concat(chunks);
    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
    if (length > mostBytes)
      throw new NotRegularError(
        `${path} has more than ${mostBytes / mebibyte} MiB, the most that is read of such a file`,
      );
  }
}

interface Kind {
  isFile(): boolean;
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

function assertRegular(path: string, found: Kind): void {
  if (found.isFile()) return;
  const kind = found.isDirectory()
    ? "a folder"
    : found.isFIFO()
      ? "a pipe"
      : found.isSocket()
        ? "a socket"
        : "a device";
  throw new NotRegularError(`${path} is ${kind}, not a file`);
}
