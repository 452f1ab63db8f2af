import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";

/** An HTTP server on loopback that sends exactly what a test writes, even byte by byte. */
export class RawServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<RawServer> {
    const server = createServer((request, response) => {
      request.resume();
      response.on("error", () => response.destroy());
      answer(request, response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new RawServer(server);
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the server does not listen");
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Writes for as long as the client reads; `given` counts the bytes. */
export function endless(response: ServerResponse, chunk: Buffer): { given: number } {
  const count = { given: 0 };
  const more = () => {
    while (!response.destroyed) {
      count.given += chunk.length;
      if (!response.write(chunk)) return;
    }
  };
  response.on("error", () => response.destroy());
  response.on("drain", more);
  more();
  return count;
}

/** Writes the pieces in order, with a pause before each, then ends the response. Stops when the client is gone. */
export function drip(response: ServerResponse, pauseMs: number, pieces: Iterable<string>): void {
  const left = pieces[Symbol.iterator]();
  const timer = setInterval(() => {
    const { value, done } = left.next();
    if (done === true) response.end();
    else response.write(value);
  }, pauseMs);
  response.on("close", () => clearInterval(timer));
}

/** A gzip file with this many times ten megabytes of spaces. A gzip file may have any number of members. */
export function gzipOfSpaces(tensOfMegabytes: number): Buffer {
  const member = gzipSync(Buffer.alloc(10_000_000, " "));
  return Buffer.concat(Array.from({ length: tensOfMegabytes }, () => member));
}
