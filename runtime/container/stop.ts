import type Dockerode from "dockerode";
import { ifThere } from "../docker/docker-error";
import type { StopOutcome } from "../spec";

/**
 * Ends a workspace as Bench does: sends TERM to the main process (regardless of the image's STOPSIGNAL), then KILL if
 * it has not ended within the grace time. No error when it does not run.
 */
export async function stopContainer(container: Dockerode.Container, graceS: number): Promise<StopOutcome> {
  const started = performance.now();
  const gone = ifThere(container.wait());
  // The await below throws its error; until then it must not count as unhandled.
  gone.catch(() => undefined);
  // 409: it does not run.
  await ifThere(container.kill({ signal: "SIGTERM" }), 409);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), graceS * 1000);
  });
  const killed = (await Promise.race([gone, late])) === "late";
  clearTimeout(timer);
  if (killed) {
    await ifThere(container.kill({ signal: "SIGKILL" }), 409);
    await gone;
  }
  return { seconds: (performance.now() - started) / 1000, killed };
}

/**
 * Removes a container, running or not, with its unnamed volumes. Resolves when it is gone, even if another process
 * removes it.
 */
export async function removeContainer(container: Dockerode.Container): Promise<void> {
  // 409: another process is removing it.
  await ifThere(container.remove({ force: true, v: true }), 409);
  await ifThere(container.wait({ condition: "removed" }));
}
