import type { ServerResponse } from "node:http";
import { forbidden, PROBLEM_JSON, problemOf } from "./problem";

/**
 * Whether a Host header names this machine's loopback. Anything else comes from a web page that made its own name point
 * here (DNS rebinding), and gets nothing.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  const name = host?.replace(/:\d+$/, "").toLowerCase() ?? "";
  return /^(?:127(?:\.\d{1,3}){3}|\[::1\]|(?:[a-z0-9-]+\.)*localhost)$/.test(name);
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
