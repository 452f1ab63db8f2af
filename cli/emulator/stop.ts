import { purgeDocker, readFolder, runningOn } from "pulumi-ica-emulator";
import { connectDocker } from "pulumi-ica-emulator/runtime";
import { say } from "../output";
import { removeFolder } from "./remove-folder";

/** Workspaces get 30 s from TERM to their end; the rest is quick. */
const patienceMs = 120_000;
const pollMs = 100;

/** Stops the emulator of a folder. `purge` also removes the folder and everything that the emulator made in Docker. */
export async function stopEmulator({ dir, purge }: { dir: string; purge: boolean }): Promise<void> {
  const running = await runningOn(dir);
  if (running === undefined) {
    say(`No emulator runs on ${dir}.`);
  } else {
    process.kill(running.pid, "SIGTERM");
    await ended(dir, running.pid);
    say(`The emulator at ${running.url ?? dir} has stopped.`);
  }
  if (!purge) {
    return;
  }
  const content = await readFolder(dir);
  if (content === undefined) {
    say(`There is no state of an emulator in ${dir}.`);
    return;
  }
  // Docker comes first, because the folder records what the emulator owns there.
  if (content.images.length > 0 || content.workspaces.length > 0) {
    await purgeDocker(await connectDocker(), content.identity.instance);
  }
  await removeFolder(dir);
  say(`Removed ${dir}, and what the emulator had in Docker.`);
}

async function ended(dir: string, pid: number): Promise<void> {
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline; ) {
    if ((await runningOn(dir))?.pid !== pid) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new Error(
    `The emulator (process ${pid}) does not stop. Its log is in ${dir}; to end it at once: kill -9 ${pid}`,
  );
}
