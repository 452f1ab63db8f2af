import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ByteSource } from "./byte-source";

/** Bytes that arrive at once while nobody reads, at most. */
const spareSize = 256 * 1024;

/** Bytes of a socket's name at most: 103 on macOS, 107 on Linux. Node cuts a longer one off, and would make the socket elsewhere. */
const longestName = 103;

interface Reader {
  readonly target: Buffer;
  filled: number;
  readonly resolve: (filled: number) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A pipe whose bytes go straight to the memory of whoever reads them. Node's own pipes put each 64 KB into memory of their own: for an
 * image of 400 MB, making, copying and collecting that takes longer than hashing the image. Only a socket that the program
 * connects itself can do without (`onread`), so this is a pair of Unix sockets, which meet in a folder that nobody else can enter.
 */
export class ReadPipe implements ByteSource {
  readonly #socket: Socket;
  readonly #spare = Buffer.allocUnsafeSlow(spareSize);
  /** What of the spare memory is not read yet. */
  #kept = this.#spare.subarray(0, 0);
  /** Whether the next bytes go to the reader's memory, and not to the spare. */
  #direct = false;
  #reader: Reader | undefined;
  #over: { readonly error: Error | undefined } | undefined;

  /**
   * Makes a pipe. `writeEnd` is for the process that is to write; whoever gives it to one destroys it then, since the end is seen only
   * when nobody can write any more. Throws where no socket can be made: the folder for temporary files has too long a name, or takes none.
   */
  static async open(): Promise<{ pipe: ReadPipe; writeEnd: Socket }> {
    const folder = await mkdtemp(join(tmpdir(), "pulumi-ica-pipe-"));
    const server = createServer({ pauseOnConnect: true });
    try {
      const path = join(folder, "s");
      if (Buffer.byteLength(path) > longestName) throw new Error(`${path} is too long a name for a socket`);
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
    if (this.#reader !== undefined) throw new Error("a pipe is read by one at a time");
    const filled = this.#takeKept(target);
    if (filled === target.length) return Promise.resolve(filled);
    if (this.#over?.error !== undefined) return Promise.reject(this.#over.error);
    if (this.#over !== undefined) return Promise.resolve(filled);
    return new Promise((resolve, reject) => {
      this.#reader = { target, filled, resolve, reject };
      this.#socket.resume();
    });
  }

  /** What is read from now on fails with this, and whoever writes meets a broken pipe. */
  destroy(error: Error): void {
    this.#end(error);
    this.#socket.destroy();
  }

  /** Asked by the socket where the next bytes shall go. */
  #room(): Buffer {
    this.#direct = this.#reader !== undefined;
    return this.#reader?.target.subarray(this.#reader.filled) ?? this.#spare;
  }

  /** Told by the socket how many bytes are there now; answers whether it is to go on. */
  #arrived(length: number): boolean {
    if (!this.#direct) this.#kept = this.#spare.subarray(0, length);
    const reader = this.#reader;
    if (reader === undefined) return false;
    reader.filled += this.#direct ? length : this.#takeKept(reader.target.subarray(reader.filled));
    if (reader.filled < reader.target.length) return true;
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
    if (error === undefined) reader?.resolve(reader.filled);
    else reader?.reject(error);
  }
}
