import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";

/** A call as received. */
export interface Seen {
  readonly method: string;
  /** As sent: encoded, without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a string is sent unchanged. */
  readonly body?: unknown;
  /** The answer is sent when this has happened. */
  readonly after?: Promise<unknown>;
}

/** An answer, a reset connection, or silence. */
export type Act = Reply | "reset" | "silence";

type Rule = { readonly matches: (seen: Seen) => boolean; readonly act: (seen: Seen) => Act };

/** A real HTTP server on loopback that responds as a test says, and records its calls. */
export class ScriptedServer {
  readonly seen: Seen[] = [];
  readonly #server: Server;
  readonly #rules: Rule[] = [];
  #logins = 0;
  #busy = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.on("POST", "/api/tokens", () => ({ status: 200, body: { token: `jwt-${++this.#logins}` } }));
  }

  static async start(): Promise<ScriptedServer> {
    const server = createServer();
    const scripted = new ScriptedServer(server);
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      void scripted.#answer(request, response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return scripted;
  }

  /** Has a path prefix, like the real address. */
  get baseUrl(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the scripted server does not listen");
    return `http://127.0.0.1:${address.port}/ica/rest`;
  }

  /** The number of unanswered calls. */
  get busy(): number {
    return this.#busy;
  }

  /** The number of logins. */
  get logins(): number {
    return this.count("POST", "/api/tokens");
  }

  /**
   * Adds a rule. The latest rule for a call wins until its returned function removes it. A path is the exact (encoded)
   * path, or a regular expression.
   */
  on(method: string, path: string | RegExp, act: Act | ((seen: Seen) => Act)): () => void {
    const rule: Rule = {
      matches: (seen) =>
        seen.method === method && (typeof path === "string" ? seen.path === path : path.test(seen.path)),
      act: typeof act === "function" ? act : () => act,
    };
    this.#rules.unshift(rule);
    return () => {
      this.#rules.splice(this.#rules.indexOf(rule), 1);
    };
  }

  /** Responds with the acts in order; the last one repeats. */
  inTurn(method: string, path: string | RegExp, ...acts: [Act, ...Act[]]): void {
    let next = 0;
    this.on(method, path, () => acts[Math.min(next++, acts.length - 1)] ?? acts[0]);
  }

  /** The calls of one kind, in order. */
  calls(method: string, path: string | RegExp): Seen[] {
    return this.seen.filter(
      (seen) => seen.method === method && (typeof path === "string" ? seen.path === path : path.test(seen.path)),
    );
  }

  count(method: string, path: string | RegExp): number {
    return this.calls(method, path).length;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#busy++;
    response.once("close", () => this.#busy--);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8");
    const url = new URL(request.url ?? "/", "http://loopback");
    const seen: Seen = {
      method: request.method ?? "",
      path: url.pathname.replace(/^\/ica\/rest/, ""),
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: text === "" ? undefined : JSON.parse(text),
    };
    this.seen.push(seen);
    const act = this.#rules.find((rule) => rule.matches(seen))?.act(seen) ?? problem(404, "Not found");
    if (act === "silence") return;
    if (act === "reset") {
      request.socket.resetAndDestroy();
      return;
    }
    await act.after;
    const plain = typeof act.body === "string";
    response.writeHead(act.status, {
      ...(act.body === undefined ? {} : { "Content-Type": plain ? "text/html" : "application/json" }),
      ...act.headers,
    });
    response.end(act.body === undefined ? undefined : plain ? act.body : JSON.stringify(act.body));
  }
}

/** An error as ICA words it (RFC 7807). */
export function problem(status: number, title: string, more: Readonly<Record<string, unknown>> = {}): Reply {
  return {
    status,
    headers: { "Content-Type": "application/problem+json" },
    body: { type: "about:blank", title, status, ...more },
  };
}

/** A successful answer. */
export function ok(body: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status: 200, body, headers };
}
