import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import {
  CONSOLE_HOST,
  ConsoleGateway,
  isLoopbackHost,
  makeHostKey,
  onUpgrade,
  refuseHost,
  WebAccess,
} from "pulumi-ica-emulator/access";
import type { Bench, Endpoints } from "pulumi-ica-emulator/runtime";

/** The target of the doors. It changes when the main process ends and starts again. */
export interface Inside {
  readonly id: string;
  /** The eight digits in the path. */
  readonly number: string;
  readonly name: string;
  readonly access: { readonly web: boolean; readonly console: boolean };
  status: "Starting" | "Running" | "Stopping";
  endpoints: Endpoints;
}

/** The ways in for one workspace, on loopback, as in the emulator. */
export interface AccessPoints {
  /** `127.0.0.1:<port>`: the public host that the workspace sees in its environment. */
  readonly webHost: string;
  /** Password of the console, generated for this run. */
  readonly password: string;
  openConsole(bench: Bench): Promise<number>;
  close(): Promise<void>;
}

/** Opens the web door. The console door opens once an sshd answers behind it. */
export async function openAccess(inside: Inside, log: (line: string) => void): Promise<AccessPoints> {
  const web = await serveWeb(inside);
  const password = randomBytes(12).toString("base64url");
  let gateway: ConsoleGateway | undefined;
  return {
    webHost: `127.0.0.1:${web.port}`,
    password,
    openConsole: (bench) => {
      gateway ??= new ConsoleGateway({
        hostKey: makeHostKey(),
        isAllowed: (given) => same(given, password),
        inside: async () => {
          const port = inside.endpoints.console;
          if (port === undefined) {
            throw new Error("The workspace is being started again; try again in a moment.");
          }
          return { port, privateKey: await bench.privateKey(inside.id) };
        },
        log,
      });
      return gateway.open(inside.id, CONSOLE_HOST, undefined);
    },
    close: async () => {
      await gateway?.close(inside.id);
      await web.close();
    },
  };
}

async function serveWeb(inside: Inside): Promise<{ port: number; close(): Promise<void> }> {
  const access = new WebAccess((number) =>
    number === inside.number
      ? {
          record: { status: inside.status, settings: { name: inside.name, access: inside.access } },
          port: inside.endpoints.web,
        }
      : undefined,
  );
  const sockets = new Set<Socket>();
  const server = createServer((req, res) => {
    if (!isLoopbackHost(req.headers.host)) {
      refuseHost(res, req.headers.host);
    } else if (!access.handleWeb(req, res)) {
      res
        .writeHead(404, { "Content-Type": "text/plain" })
        .end("Nothing is here: the workspace is under its own path.\n");
    }
  });
  onUpgrade(server, (req, socket, head) => {
    if (!isLoopbackHost(req.headers.host) || !access.handleUpgrade(req, socket, head)) {
      socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    }
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("The web proxy has no port.");
  }
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) {
          socket.destroy();
        }
      }),
  };
}

function same(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
