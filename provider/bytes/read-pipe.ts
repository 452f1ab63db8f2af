import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ByteSource } from "./reading";

/** Largest number of bytes that can arrive at once while no read is pending. */
const spareSize = 256 * 1024;

/**
 * Largest number of bytes of a socket's path: 103 on macOS, 107 on Linux. Node truncates a longer path and would create the
 * socket elsewhere.
 */
const longestName = 103;

interface Reader {
  readonly target: Buffer;
  filled: number;
  readonly resolve: (filled: number) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A pipe whose bytes go straight into the reader's memory. Node's own pipes put every 64 KB into a new buffer. For an image
 * of 400 MB, allocating, copying and collecting these takes longer than hashing the image. Only a socket that the program
 * connects itself avoids this (`onread`). So this is a pair of Unix sockets that meet in a folder which only this user can
 * enter.
 */
export class ReadPipe implements ByteSource {
  readonly #socket: Socket;
  readonly #spare = Buffer.allocUnsafeSlow(spareSize);
  /** The unread part of the spare memory. */
  #kept = this.#spare.subarray(0, 0);
  /** Whether the next bytes go into the reader's memory and not into the spare memory. */
  #direct = false;
  #reader: Reader | undefined;
  #over: { readonly error: Error | undefined } | undefined;

  /**
   * Creates a pipe. `writeEnd` is for the writing process. The caller destroys it after passing it on, since the reader sees
   * the end only when no writer is left. Throws when no socket can be made: the path of the temporary folder is too long, or
   * the folder is not writable.
   */
  static async open(): Promise<{ pipe: ReadPipe; writeEnd: Socket }> {
    const folder = await mkdtemp(join(tmpdir(), "pulumi-ica-pipe-"));
    const server = createServer({ pauseOnConnect: true });
    try {
      const path = join(folder, "s");
      if (Buffer.byteLength(path) > longestName) {
        throw new Error(`${path} is too long a name for a socket`);
      }
      server.listen(path);
      await once(server, "listening");
      const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
      const pipe = new ReadPipe(path);
      await once(pipe.#socket, "connect");
      return { pipe, writeEnd: await accepted };
    } finally {
      server.close();
      await rm(folder, { recursive: true, force: true });
    }
  }

  private constructor(path: string) {
    this.#socket = connect({
      path,
      onread: { buffer: () => this.#room(), callback: (length) => this.#arrived(length) },
    });
    this.#socket.once("end", () => this.#end(undefined));
    this.#socket.on("error", (error) => this.#end(error));
  }

  read(target: Buffer): Promise<number> {
    if (this.#reader !== undefined) {
      throw new Error("a pipe is read by one at a time");
    }
    const filled = this.#takeKept(target);
    if (filled === target.length) {
      return Promise.resolve(filled);
    }
    if (this.#over?.error !== undefined) {
      return Promise.reject(this.#over.error);
    }
    if (this.#over !== undefined) {
      return Promise.resolve(filled);
    }
    return new Promise((resolve, reject) => {
      this.#reader = { target, filled, resolve, reject };
      this.#socket.resume();
    });
  }

  /** Later reads fail with this error, and the writer gets a broken pipe. */
  destroy(error: Error): void {
    this.#end(error);
    this.#socket.destroy();
  }

  /** The socket calls this to learn where the next bytes go. */
  #room(): Buffer {
    this.#direct = this.#reader !== undefined;
    return this.#reader?.target.subarray(this.#reader.filled) ?? this.#spare;
  }

  /** The socket calls this with the number of bytes received; returns whether it should continue. */
  #arrived(length: number): boolean {
    if (!this.#direct) {
      this.#kept = this.#spare.subarray(0, length);
    }
    const reader = this.#reader;
    if (reader === undefined) {
      return false;
    }
    reader.filled += this.#direct ? length : this.#takeKept(reader.target.subarray(reader.filled));
    if (reader.filled < reader.target.length) {
      return true;
    }
    this.#reader = undefined;
    reader.resolve(reader.filled);
    return false;
  }

  #takeKept(target: Buffer): number {
    const taken = this.#kept.copy(target);
    this.#kept = this.#kept.subarray(taken);
    return taken;
  }

  #end(error: Error | undefined): void {
    this.#over ??= { error };
    const reader = this.#reader;
    this.#reader = undefined;
    if (error === undefined) {
      reader?.resolve(reader.filled);
    } else {
      reader?.reject(error);
    }
  }
}
