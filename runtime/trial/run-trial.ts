import { connectDocker, isLocal } from "../docker/connect";
import { newInstance, sweepDeadRuns } from "./instances";
import { type TrialOptions, type TrialReport, type TrialTiming, type Tried, tryOut } from "./trial";

export type { TrialReport, TrialTiming };

/**
 * Runs a whole trial: finds the Docker engine, removes what killed processes of this machine left there, and tries the
 * image out. Throws when no engine answers, or when it is on another machine; see also `tryOut`.
 *
 * @param command the docker client whose engine has the image
 */
export async function runTrial(
  tried: Tried,
  { command, ...options }: Omit<TrialOptions, "docker" | "instance"> & { readonly command: string },
): Promise<TrialReport> {
  const docker = await connectDocker(command);
  if (!isLocal(docker)) {
    throw new Error(
      "The Docker engine is on another machine, so nothing here can reach the ports of an image that it runs. Use an engine " +
        'on this machine, or verify: "inspect".',
    );
  }
  for (const dead of await sweepDeadRuns(docker)) {
    options.log(`removed what the killed ${dead} had left in Docker`);
  }
  return tryOut(tried, { ...options, docker, instance: newInstance("trial") });
}
