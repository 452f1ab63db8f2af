import { readFolder, runningOn } from "pulumi-ica-emulator";
import { Names } from "pulumi-ica-emulator/runtime";
import { print } from "../output";
import { pageOf, signInWithKey } from "./exports";

/** Exit code when no emulator runs, as for `systemctl status`. */
const notRunning = 3;

/** Prints whether the emulator of a folder runs, and what it contains. */
export async function showStatus(dir: string): Promise<void> {
  const running = await runningOn(dir);
  const content = await readFolder(dir);
  const lines = [
    running === undefined ? "not running" : `running at ${running.url ?? "(starting)"}, process ${running.pid}`,
  ];
  if (running?.url !== undefined) {
    const signIn = await signInWithKey(running.url);
    lines.push(`page       ${signIn ?? `${pageOf(running.url)} (sign in with the API key)`}`);
  }
  lines.push(`folder     ${dir}${content === undefined ? " (no state)" : ""}`);
  if (content !== undefined) {
    lines.push(`project    ${content.identity.project.id}`);
    lines.push(`instance   ${content.identity.instance}`);
    // Restricted workspaces reach stand-in sites that are attached to this network. It exists while one of them runs.
    lines.push(`outside    ${new Names(content.identity.instance).outside} (Docker network)`);
    for (const { name, version, status, failure } of content.images) {
      lines.push(`image      ${name} ${version}: ${status}${failure === undefined ? "" : ` (${failure})`}`);
    }
    for (const { settings, status, statusMessage } of content.workspaces) {
      lines.push(`workspace  ${settings.name}: ${status}${statusMessage === undefined ? "" : ` (${statusMessage})`}`);
    }
  }
  print(`${lines.join("\n")}\n`);
  if (running === undefined) {
    process.exitCode = notRunning;
  }
}
