import { createServer, type Server as Listener, type Socket } from "node:net";
import { type AuthContext, type Connection, Server } from "ssh2";
import { z } from "zod";
import { connectInside, type Inside } from "../../../runtime/docker/inside";
import { passThrough } from "./pass-through";

/** What the gateway needs. */
export interface ConsoleOptions {
  /** The gateway's private host key. */
  readonly hostKey: string;
  /** Whether a password opens the console: any API key of the user, as the vendor's page says. */
  isAllowed(password: string): boolean;
  /** The current address of a workspace's sshd, and the key to log in. */
  inside(id: string): Promise<Inside>;
  log(line: string): void;
}

/** A listening port. */
interface Door {
  readonly port: number;
  readonly listener: Listener;
  readonly connections: Set<Connection>;
  readonly sockets: Set<Socket>;
}

/**
 * Console access: one SSH port on loopback for each running workspace. The password is an API key. The gateway forwards
 * the connection into the workspace, under the user name that the client gave.
 */
export class ConsoleGateway {
  readonly #options: ConsoleOptions;
  readonly #open = new Map<string, Door>();

  constructor(options: ConsoleOptions) {
    this.#options = options;
  }

  /** The port of a workspace, if open. */
  port(id: string): number | undefined {
    return this.#open.get(id)?.port;
  }

  /** Opens the port of a workspace, at the preferred number if that is free. Returns the number. */
  async open(id: string, host: string, preferred: number | undefined): Promise<number> {
    const known = this.port(id);
    if (known !== undefined) {
      return known;
    }
    const connections = new Set<Connection>();
    const sockets = new Set<Socket>();
    const ssh = new Server({ hostKeys: [this.#options.hostKey] }, (connection) => {
      connections.add(connection);
      connection.on("close", () => connections.delete(connection));
      this.#serve(id, connection);
    });
    const listener = createServer((socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      ssh.injectSocket(socket);
    });
    const port = await listen(listener, host, preferred);
    this.#open.set(id, { port, listener, connections, sockets });
    return port;
  }

  /** Closes the port of a workspace and its connections. No error when it is not open. */
  async close(id: string): Promise<void> {
    const found = this.#open.get(id);
    if (found === undefined) {
      return;
    }
    this.#open.delete(id);
    const closed = new Promise<void>((resolve) => found.listener.close(() => resolve()));
    for (const connection of found.connections) {
      connection.end();
    }
    // A silent client would hold the port open forever.
    for (const socket of found.sockets) {
      socket.destroySoon();
    }
    await closed;
  }

  #serve(id: string, connection: Connection): void {
    let user = "";
    connection.on("authentication", (context: AuthContext) => {
      if (context.method !== "password") {
        context.reject(["password"]);
      } else if (this.#options.isAllowed(context.password)) {
        user = context.username;
        context.accept();
      } else {
        this.#options.log(`Console of workspace ${id}: a password was refused; it must be an API key.`);
        context.reject(["password"]);
      }
    });
    connection.on("ready", () => {
      passThrough(
        connection,
        this.#options.inside(id).then((inside) => connectInside(inside, user)),
      );
    });
    // Port scanners and aborted clients cause errors here; only the log can report them.
    connection.on("error", (error) => this.#options.log(`Console of workspace ${id}: ${error.message}`));
  }
}

async function listen(listener: Listener, host: string, preferred: number | undefined): Promise<number> {
  const port =
    (preferred === undefined ? undefined : await tryListen(listener, host, preferred)) ??
    (await tryListen(listener, host, 0));
  if (port === undefined) {
    throw new Error(`There is no free port on ${host} for SSH.`);
  }
  return port;
}

/** The port that it listens on; undefined when that is in use. */
function tryListen(listener: Listener, host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(undefined) : reject(error));
    listener.once("error", failed);
    listener.listen(port, host, () => {
      listener.removeListener("error", failed);
      resolve(z.object({ port: z.number() }).parse(listener.address()).port);
    });
  });
}
