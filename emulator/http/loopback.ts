import type { ServerResponse } from "node:http";
import { forbidden, problemJson, problemOf } from "./problem";

/**
 * Whether a Host header names this machine's loopback. Any other host comes from a web page that points its own name
 * here (DNS rebinding), and is refused.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return /^(?:127(?:\.\d{1,3}){3}|\[::1\]|(?:[a-z0-9-]+\.)*localhost)$/.test(nameOf(host));
}

/**
 * Whether a Host header names the page's host. The page has a host name of its own, and no workspace is served under
 * it. A server in a workspace therefore has another origin and another site, and can neither use nor read the page.
 */
export function isPageHost(host: string | undefined): boolean {
  return nameOf(host) === "localhost";
}

/** The URL of a path under the page's host, at the port that the caller used, which may be forwarded. */
export function onPageHost(host: string | undefined, path: string): string {
  return `http://localhost${portOf(host)}${path}`;
}

/** The URL of a path under the host of everything else. */
export function offPageHost(host: string | undefined, path: string): string {
  return `http://127.0.0.1${portOf(host)}${path}`;
}

/** Refuses a request with another Host. */
export function refuseHost(res: ServerResponse, host: string | undefined): void {
  const problem = problemOf(
    forbidden(
      `The emulator answers on loopback names only, not as ${JSON.stringify(host ?? "")}. Use http://127.0.0.1.`,
    ),
  );
  res.writeHead(problem.status, { "Content-Type": problemJson, Connection: "close" });
  res.end(JSON.stringify(problem));
}

function nameOf(host: string | undefined): string {
  return host?.replace(/:\d+$/, "").toLowerCase() ?? "";
}

function portOf(host: string | undefined): string {
  return /:\d+$/.exec(host ?? "")?.[0] ?? "";
}
