import { randomBytes } from "node:crypto";
import { startEmulator } from "pulumi-ica-emulator";
import { say } from "../output";
import { printAccess, sayPage } from "./exports";
import type { Started, StartOptions } from "./options";

/**
 * Runs an emulator in this process until TERM, INT or HUP. Reports the outcome of the start to a listening parent (see
 * start.ts).
 */
export async function runInForeground(options: StartOptions): Promise<void> {
  const { port, dir, imageDelay, newKey, containers, allowPrivate, requestsPerSecond, workspaces } = options;
  const given = newKey ? randomBytes(24).toString("hex") : process.env.ICA_API_KEY || undefined;
  const emulator = await startEmulator({
    port,
    dir,
    imageDelayMs: imageDelay * 1000,
    workspaces,
    containers,
    allowPrivate,
    requestsPerSecond,
    ...(given === undefined ? {} : { apiKey: given }),
    log: (line) => say(`${new Date().toISOString()} ${line}`),
  }).catch(async (error: unknown) => {
    await tell({ failure: error instanceof Error ? error.message : String(error) });
    throw error;
  });
  const { url, projectId, apiKey } = emulator;
  const signInUrl = emulator.signInUrl();
  say(`${new Date().toISOString()} answering at ${url}`);
  if (process.send === undefined) {
    printAccess({ url, projectId, apiKey });
    sayPage(url, signInUrl);
  } else if (!(await tell({ url, projectId, signInUrl, ...(apiKey === undefined ? {} : { apiKey }) }))) {
    say(`${new Date().toISOString()} stopping: the process that started it has ended without the API key`);
    await emulator.forgetKey();
    await emulator.close();
    return;
  }
  await stopRequested();
  say(`${new Date().toISOString()} stopping`);
  await emulator.close();
}

/** Sends the parent a message. Resolves to whether the parent is still there to receive it. */
function tell(message: Started): Promise<boolean> {
  return new Promise((resolve) => {
    if (process.send === undefined) {
      resolve(false);
    } else {
      process.send(message, undefined, undefined, (error) => resolve(error === null));
    }
  });
}

function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
    // The terminal was closed.
    process.once("SIGHUP", () => resolve());
  });
}
