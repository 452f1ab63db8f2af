import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A connection that passes on to its server only as many bytes as a test allows. */
export class SlowLink {
  #allowed = 0;
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Set<() => void>();

  private constructor(readonly server: Server) {}

  static async start(target: string): Promise<SlowLink> {
    const { hostname, port } = new URL(target);
    const server = createServer((client) => link.#carry(client, connect(Number(port), hostname)));
    const link = new SlowLink(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return link;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Allows this many more bytes; Infinity: all. */
  allow(bytes: number): void {
    this.#allowed += bytes;
    for (const go of [...this.#waiting]) go();
  }

  /** From now on allows only this many bytes. */
  hold(bytes: number): void {
    this.#allowed = bytes;
  }

  /** Ends the existing connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #carry(client: Socket, upstream: Socket): void {
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    upstream.pipe(client);
    // A client that hangs up ends the loop with an error. Its socket is closed by then; this closes the other.
    this.#meter(client, upstream).catch(() => upstream.destroy());
  }

  async #meter(client: Socket, upstream: Socket): Promise<void> {
    for await (const chunk of client) {
      let rest: Buffer = chunk;
      while (rest.length > 0) {
        const piece = rest.subarray(0, this.#allowed);
        this.#allowed -= piece.length;
        rest = rest.subarray(piece.length);
        if (!upstream.write(piece)) await once(upstream, "drain");
        if (rest.length > 0 && this.#allowed <= 0) await this.#allowance();
      }
    }
  }

  #allowance(): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        this.#waiting.delete(go);
        resolve();
      };
      this.#waiting.add(go);
    });
  }
}
