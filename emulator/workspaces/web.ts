import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { createProxyServer } from "http-proxy-3";
import { NAMESPACE, webPrefix } from "../../runtime";

/** The target of a request under a workspace's prefix, or the reason for refusing it. */
type Destination = { readonly port: number } | { readonly status: 403 | 404 | 503; readonly reason: string };

/** The facts about a workspace that web access needs. */
interface WebWorkspace {
  readonly status: string;
  readonly settings: { readonly name: string; readonly access: { readonly web: boolean } };
}

/** Finds a workspace by its number, with the loopback port of its web server if it can be reached. */
export type FindByNumber = (number: string) => { record: WebWorkspace; port: number | undefined } | undefined;

/** The path contains the number twice. */
const prefix = new RegExp(`^/${webPrefix(NAMESPACE, "(\\d{8})")}(?=[/?]|$)`);

/** Whether a path is under the prefix of a workspace, existing or not. */
export function isWorkspacePath(url: string | undefined): boolean {
  return prefix.test(url ?? "");
}

/**
 * Web access as users reach it: `/<namespace>-n-<number>-i<number>/…` leads to port 8888 of the workspace, HTTP and
 * websockets, path unchanged, with X-Forwarded headers. Requires no login: ICA requires its own, while the emulator can
 * be reached from this machine only.
 */
export class WebAccess {
  readonly #find: FindByNumber;
  readonly #proxy = createProxyServer({ xfwd: true });

  constructor(find: FindByNumber) {
    this.#find = find;
    this.#proxy.on("error", (_error, _req, res) => {
      if ("writeHead" in res) {
        errorPage(res, 502, "The web server of the workspace does not answer on port 8888.");
      } else {
        res.destroy();
      }
    });
    // If the workspace ends during an answer, break off the client's answer too; the client would wait for the rest for
    // ever.
    this.#proxy.on("proxyRes", (answer, _req, res) => {
      answer.once("close", () => {
        if (!answer.complete) {
          res.destroy();
        }
      });
    });
  }

  /** Handles a request that belongs to a workspace; false for any other. */
  handleWeb(req: IncomingMessage, res: ServerResponse): boolean {
    const to = this.#destination(req.url);
    if (to === undefined) {
      return false;
    }
    if ("port" in to) {
      this.#proxy.web(req, res, { target: { host: "127.0.0.1", port: to.port } });
    } else {
      req.resume();
      errorPage(res, to.status, to.reason);
    }
    return true;
  }

  /** The same for upgrade requests (websockets). */
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const to = this.#destination(req.url);
    if (to === undefined) {
      return false;
    }
    if ("port" in to) {
      this.#proxy.ws(req, socket, head, { target: { host: "127.0.0.1", port: to.port } });
    } else {
      socket.end(`HTTP/1.1 ${to.status} ${title}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    }
    return true;
  }

  #destination(url: string | undefined): Destination | undefined {
    const [, number, again] = prefix.exec(url ?? "") ?? [];
    if (number === undefined || number !== again) {
      return undefined;
    }
    const found = this.#find(number);
    if (found === undefined) {
      return { status: 404, reason: `There is no workspace ${number}.` };
    }
    const { settings, status } = found.record;
    if (!settings.access.web) {
      return { status: 403, reason: `Workspace ${settings.name} has no web access.` };
    }
    return status === "Running" && found.port !== undefined
      ? { port: found.port }
      : {
          status: 503,
          reason: `Workspace ${settings.name} is ${status === "Running" ? "restarting" : status.toLowerCase()}.`,
        };
  }
}

/** The title that users see when their workspace is stopped (vendor's page about bench images, "Troubleshooting"). */
const title = "Server Connection Error";

function errorPage(res: ServerResponse, status: number, reason: string): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const text = reason.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
  res.writeHead(status, {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    ...(status === 503 ? { "Retry-After": "2" } : {}),
  });
  res.end(
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${title}</title></head>` +
      `<body><h1>${title}</h1><p>${text}</p></body></html>\n`,
  );
}
