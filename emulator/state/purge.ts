import type Dockerode from "dockerode";
import { INSTANCE_LABEL, removeGatewayImage } from "../../runtime/index";
import { removeImages } from "../images/build";
import { referencePrefix } from "../images/images";

/** Removes everything that a stopped emulator left in Docker: containers, networks, volumes, image names. */
export async function purgeDocker(docker: Dockerode, instance: string): Promise<void> {
  const filters = JSON.stringify({ label: [`${INSTANCE_LABEL}=${instance}`] });
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await gone(docker.getContainer(Id).remove({ force: true, v: true }));
  }
  for (const { Id } of await docker.listNetworks({ filters })) {
    await gone(docker.getNetwork(Id).remove());
  }
  for (const { Name } of (await docker.listVolumes({ filters })).Volumes ?? []) {
    await gone(docker.getVolume(Name).remove());
  }
  await removeImages(docker, referencePrefix(instance));
  await removeGatewayImage(docker);
}

/** Waits for a removal, and accepts that another process was faster. */
async function gone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!(error instanceof Error && "statusCode" in error && error.statusCode === 404)) {
      throw error;
    }
  }
}
