import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type Socket } from "node:net";
import path from "node:path";

const fixtures = path.resolve(__dirname, "../../fixtures/tls");

/** The file with the certificate of {@link startTlsServer}, which clients trust only if configured. */
export const certificateFile = path.join(fixtures, "certificate.pem");

/** An ICA for `https://ica.invalid` that knows one region. */
export async function startTlsServer(): Promise<Server> {
  const server = createTlsServer(
    { key: readFileSync(path.join(fixtures, "key.pem")), cert: readFileSync(certificateFile) },
    ({ url }, response) => {
      response.writeHead(200, { "Content-Type": "application/json" });
      response.end(
        JSON.stringify(url?.endsWith("/tokens") ? { token: "jwt" } : { items: [{ id: "r", code: "use1" }] }),
      );
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** A company proxy: it only serves CONNECT, to any target that a test wants. */
export class ConnectProxy {
  /** The requests, with their credentials. */
  readonly asked: { readonly target: string | undefined; readonly authorization: string | undefined }[] = [];
  /** The status to respond with instead of connecting. */
  refusal: number | undefined;
  readonly #server = createServer();
  readonly #sockets = new Set<Socket>();

  /** `port`: the target of all connections. */
  static async start(port: number): Promise<ConnectProxy> {
    const proxy = new ConnectProxy();
    proxy.#server.on("connect", ({ url, headers }, client: Socket) => {
      proxy.asked.push({ target: url, authorization: headers["proxy-authorization"] });
      if (proxy.refusal !== undefined) {
        client.end(`HTTP/1.1 ${proxy.refusal} No\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      const server = connect(port, "127.0.0.1", () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        server.pipe(client).pipe(server);
      });
      for (const socket of [client, server]) {
        proxy.#sockets.add(socket);
        socket.on("error", () => socket.destroy());
      }
    });
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  /** Its host and port. */
  get host(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy does not listen");
    return `127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = once(this.#server, "close");
    this.#server.closeAllConnections();
    this.#server.close();
    await closed;
  }
}
