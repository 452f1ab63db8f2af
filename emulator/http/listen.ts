import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { refuseMalformed } from "./malformed";

/** Where the emulator answers, and what its addresses begin with. */
const HOST = "127.0.0.1";
/** The other address that `localhost` means to a browser. */
const HOST_V6 = "::1";
/** With port 0: how many ports that are free on one address only are tried. */
const ATTEMPTS = 10;

/** What is done with requests. */
export interface Answering {
  request(req: IncomingMessage, res: ServerResponse): void;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/**
 * A port of this machine's loopback, on both of its addresses: the page is at `localhost`, and another user of this machine
 * must not be able to answer there with a page of his own. Where there is no IPv6 nobody can, and one address is enough.
 */
export class Loopback {
  #servers: Server[] = [];
  #port: number | undefined;

  /** Takes the port; 0 takes a free one. Throws when it is in use. */
  async listen(port: number, answering: Answering): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const first = serverOf(answering);
      await listen(first, port, HOST);
      const taken = portOf(first);
      const second = serverOf(answering);
      this.#servers = [first, second];
      this.#port = taken;
      try {
        await listen(second, taken, HOST_V6);
        return;
      } catch (error) {
        if (["EADDRNOTAVAIL", "EAFNOSUPPORT"].includes(codeOf(error))) {
          return;
        }
        await this.close();
        if (port !== 0 || attempt === ATTEMPTS) {
          throw error;
        }
      }
    }
  }

  /** For example `http://127.0.0.1:4747`. Throws before it listens. */
  get url(): string {
    return `http://${HOST}:${this.#listening()}`;
  }

  /** The same port, as the page is reached. */
  get pageUrl(): string {
    return `http://localhost:${this.#listening()}`;
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await Promise.all(this.#servers.map(closeServer));
    this.#servers = [];
  }

  #listening(): number {
    if (this.#port === undefined) {
      throw new Error("the emulator does not listen yet");
    }
    return this.#port;
  }
}

function serverOf({ request, upgrade }: Answering): Server {
  // a request without a Host is refused with a problem, not by Node without a word
  const server = createServer({ requireHostHeader: false }, request);
  onUpgrade(server, upgrade);
  refuseMalformed(server);
  // Uploads of large parts over a slow link take as long as they take.
  server.requestTimeout = 0;
  // Longer than clients keep an idle connection, so that none is closed under a request.
  server.keepAliveTimeout = 65_000;
  return server;
}

/**
 * Hands on requests to change the protocol. Node takes its own listeners off such a connection: without one of ours, a client
 * that resets it would end the process.
 */
export function onUpgrade(server: Server, upgrade: Answering["upgrade"]): void {
  server.on("upgrade", (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    upgrade(req, socket, head);
  });
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      reject(
        codeOf(error) === "EADDRINUSE"
          ? new Error(`Port ${port} on ${host} is in use. Choose another with --port, or stop what uses it.`, {
              cause: error,
            })
          : error,
      );
    });
    server.listen(port, host, resolve);
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("a server that listens has a port");
  }
  return address.port;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
