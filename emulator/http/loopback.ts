import type { ServerResponse } from "node:http";
import { forbidden, PROBLEM_JSON, problemOf } from "./problem";

/**
 * Whether a Host header names this machine's loopback. Anything else comes from a web page that made its own name point
 * here (DNS rebinding), and gets nothing.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return /^(?:127(?:\.\d{1,3}){3}|\[::1\]|(?:[a-z0-9-]+\.)*localhost)$/.test(nameOf(host));
}

/**
 * Whether a Host header names the host of the page. The page has a name of its own, and nothing of a workspace is served
 * under it: what runs in a workspace is of another origin and of another site, and can neither use nor read the page.
 */
export function isPageHost(host: string | undefined): boolean {
  return nameOf(host) === "localhost";
}

/** The address of a path under the name of the page, at the port that the caller used; it may be a forwarded one. */
export function onPageHost(host: string | undefined, path: string): string {
  return `http://localhost${portOf(host)}${path}`;
}

/** The address of a path under the name of all else. */
export function offPageHost(host: string | undefined, path: string): string {
  return `http://127.0.0.1${portOf(host)}${path}`;
}

/** Refuses a request for another host. */
export function refuseHost(res: ServerResponse, host: string | undefined): void {
  const problem = problemOf(
    forbidden(
      `The emulator answers on loopback names only, not as ${JSON.stringify(host ?? "")}. Use http://127.0.0.1.`,
    ),
  );
  res.writeHead(problem.status, { "Content-Type": PROBLEM_JSON, Connection: "close" });
  res.end(JSON.stringify(problem));
}

function nameOf(host: string | undefined): string {
  return host?.replace(/:\d+$/, "").toLowerCase() ?? "";
}

function portOf(host: string | undefined): string {
  return /:\d+$/.exec(host ?? "")?.[0] ?? "";
}
