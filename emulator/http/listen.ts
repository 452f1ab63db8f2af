import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { refuseMalformed } from "./malformed";

/** The address on which the emulator listens and with which its URLs begin. */
const loopbackHost = "127.0.0.1";
/** The other address to which browsers resolve `localhost`. */
const hostV6 = "::1";
/** With port 0: how many ports to try that are free on only one of the two addresses. */
const attempts = 10;

/** The handlers of requests. */
export interface Answering {
  request(req: IncomingMessage, res: ServerResponse): void;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/**
 * One port on both loopback addresses of this machine. The page is at `localhost`, so another user of this machine must
 * not be able to serve a page there. Without IPv6 the second address does not exist, and one is enough.
 */
export class Loopback {
  #servers: Server[] = [];
  #port: number | undefined;

  /** Binds the port; 0 takes a free one. Throws when the port is in use. */
  async listen(port: number, answering: Answering): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const first = serverOf(answering);
      await listen(first, port, loopbackHost);
      const taken = portOf(first);
      const second = serverOf(answering);
      this.#servers = [first, second];
      this.#port = taken;
      try {
        await listen(second, taken, hostV6);
        return;
      } catch (error) {
        if (["EADDRNOTAVAIL", "EAFNOSUPPORT"].includes(codeOf(error))) {
          return;
        }
        await this.close();
        if (port !== 0 || attempt === attempts) {
          throw error;
        }
      }
    }
  }

  /** For example `http://127.0.0.1:4747`. Throws before the emulator listens. */
  get url(): string {
    return `http://${loopbackHost}:${this.#listening()}`;
  }

  /** The URL of the page, at the same port. */
  get pageUrl(): string {
    return `http://localhost:${this.#listening()}`;
  }

  /** Closes the servers and all connections. */
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
  // Without this, Node refuses a request without a Host by itself; the emulator answers with a problem.
  const server = createServer({ requireHostHeader: false }, request);
  onUpgrade(server, upgrade);
  refuseMalformed(server);
  // Uploads of large parts over a slow link take long.
  server.requestTimeout = 0;
  // Longer than clients keep an idle connection, so that the server does not close one just as a request arrives.
  server.keepAliveTimeout = 65_000;
  return server;
}

/**
 * Handles upgrade requests. Node removes its own listeners from such a connection; without an error listener here, a
 * client that resets it would end the process.
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
