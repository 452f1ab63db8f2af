import { spawn } from "node:child_process";
import { benchGid, benchUid } from "pulumi-ica-emulator/runtime";

/**
 * Opens a shell in a running container as the workspace's user, on this terminal, until it ends or the signal aborts.
 * Ignores the shell's exit code. Rejects when docker cannot be started.
 */
export function shellIn(container: string, docker: string, signal: AbortSignal): Promise<void> {
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const args = [
    ...["exec", "--interactive", ...(terminal ? ["--tty"] : [])],
    ...["--user", `${benchUid}:${benchGid}`, "--workdir", "/data", container],
    ...["/bin/sh", "-c", "if [ -x /bin/bash ]; then exec /bin/bash; fi; exec /bin/sh"],
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(docker, args, { stdio: "inherit" });
    const stop = () => child.kill("SIGTERM");
    signal.addEventListener("abort", stop, { once: true });
    child.once("error", reject);
    child.once("close", () => {
      signal.removeEventListener("abort", stop);
      resolve();
    });
  });
}
