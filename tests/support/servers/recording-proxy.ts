import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One recorded call. */
export interface RecordedCall {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** Whether a call may change something in ICA. Logging in does not. */
export function isWrite(call: RecordedCall): boolean {
  return call.method !== "GET" && call.method !== "HEAD" && !call.path.endsWith("/api/tokens");
}

/** Stands between the client and the emulator: records every call, forwards it, and can make chosen calls fail. */
export class RecordingProxy {
  readonly calls: RecordedCall[] = [];
  /** The query of every call in order; empty for most. */
  readonly queries: string[] = [];
  /** Milliseconds added to every call, as over a network. */
  latencyMs = 0;
  #faults: { match: (method: string, path: string) => boolean; times: number; status: number | "drop answer" }[] = [];
  readonly #server;

  private constructor(readonly target: string) {
    this.#server = createServer((req, res) => {
      if (this.latencyMs > 0) setTimeout(() => this.#handle(req, res), this.latencyMs);
      else this.#handle(req, res);
    });
  }

  static async start(target: string): Promise<RecordingProxy> {
    const proxy = new RecordingProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Responds to the next `times` matching calls with `status`, or forwards the call and drops its answer. */
  fail(match: (method: string, path: string) => boolean, status: number | "drop answer", times = 1): void {
    this.#faults.push({ match, status, times });
  }

  /** Forwards everything again. */
  clearFaults(): void {
    this.#faults = [];
  }

  /** The calls since the last `take`. */
  take(): RecordedCall[] {
    return this.calls.splice(0);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #handle(req: IncomingMessage, res: ServerResponse): void {
    const method = req.method ?? "GET";
    const { pathname: path, search } = new URL(req.url ?? "/", this.url);
    this.queries.push(search);
    const fault = this.#faults.find(({ match, times }) => times > 0 && match(method, path));
    if (fault !== undefined) fault.times--;
    if (fault !== undefined && fault.status !== "drop answer") {
      this.calls.push({ method, path, status: fault.status });
      req.resume();
      res.writeHead(fault.status, { "Content-Type": "application/problem+json" });
      res.end(
        JSON.stringify({
          type: "about:blank",
          title: "Ordered fault",
          status: fault.status,
          timestamp: new Date().toISOString(),
          parameters: {},
        }),
      );
      return;
    }
    const onward = request(`${this.target}${req.url}`, { method, headers: req.headers }, (answer) => {
      this.calls.push({ method, path, status: answer.statusCode ?? 0 });
      if (fault?.status === "drop answer") {
        answer.resume();
        answer.on("end", () => req.socket.destroy());
        return;
      }
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    onward.on("error", () => req.socket.destroy());
    req.pipe(onward);
  }
}
