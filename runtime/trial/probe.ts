import { get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { connectInside, type Inside as InsideConsole } from "../docker/inside";

/** Maximum milliseconds from the start of ica_start.sh to a server's first answer. */
export const answerPatienceMs = 60_000;
const pollMs = 200;

/** The result of probing a server. */
export type Probe = { readonly ok: true; readonly detail?: string } | { readonly ok: false; readonly detail: string };

/** Requests the page under its path from a workspace's web server until it responds. */
export async function probeWeb(
  port: () => number | undefined,
  path: string,
  signal: AbortSignal,
  patienceMs: number = answerPatienceMs,
): Promise<Probe> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const status = await statusOf(port(), path, signal);
    if (status === 404) {
      return {
        ok: false,
        detail: `HTTP 404 for ${path}: Bench does not take the path off, so serve it there (ICA_NAMESPACE, ICA_WORKSPACE)`,
      };
    }
    if (status !== undefined && status < 500) {
      return { ok: true, detail: `HTTP ${status}` };
    }
    if (Date.now() > end) {
      const seconds = patienceMs / 1000;
      return {
        ok: false,
        detail:
          status === undefined
            ? `nothing answered in ${seconds} s; it must listen on 0.0.0.0, not on 127.0.0.1`
            : `HTTP ${status} for ${seconds} s`,
      };
    }
    await delay(pollMs, undefined, { signal });
  }
}

function statusOf(port: number | undefined, path: string, signal: AbortSignal): Promise<number | undefined> {
  return new Promise((resolve) => {
    if (port === undefined) {
      resolve(undefined);
      return;
    }
    const request = get({ host: "127.0.0.1", port, path, agent: false, timeout: 5000, signal }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on("timeout", () => request.destroy());
    // Nothing listens yet.
    request.on("error", () => resolve(undefined));
  });
}

/**
 * Logs in to the workspace's sshd as the gateway does. Waits for an sshd that does not respond yet, but not for one
 * that refuses.
 */
export async function probeConsole(
  inside: () => Promise<InsideConsole | undefined>,
  user: string,
  signal: AbortSignal,
  patienceMs: number = answerPatienceMs,
): Promise<Probe> {
  const end = Date.now() + patienceMs;
  for (;;) {
    try {
      const found = await inside();
      if (found !== undefined) {
        const client = await connectInside(found, user, patienceMs);
        client.end();
        return { ok: true, detail: `as ${user}` };
      }
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      if (Date.now() > end || words.includes("refused user")) {
        return { ok: false, detail: words };
      }
    }
    if (Date.now() > end) {
      return { ok: false, detail: `ica_start.sh did not stay up for ${patienceMs / 1000} s` };
    }
    await delay(pollMs, undefined, { signal });
  }
}
