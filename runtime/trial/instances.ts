import { createHash, randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type Dockerode from "dockerode";
import { dockerLabel } from "../bench-facts";
import { Bench } from "../container/bench";
import { ifThere } from "../docker/docker-error";
import { isAlive } from "../is-alive";
import { instanceLabel } from "../names";

const ownImages = "pulumi-ica/run";

/** Temporary runs that remove everything they create: `ica-bench run`, or a trial before an upload. */
export type Kind = "run" | "trial";

/** Names a run by its machine and process, so that a later run can tell whether it is still alive. */
export function newInstance(kind: Kind): string {
  return `${kind}-${machine()}-${process.pid}-${randomBytes(3).toString("hex")}`;
}

/** The name of the image that a run builds. */
export function imageTag(instance: string): string {
  return `${ownImages}:${instance}`;
}

/** Removes what killed runs of this machine left in Docker. Returns their names. */
export async function sweepDeadRuns(docker: Dockerode): Promise<string[]> {
  const filters = { label: [dockerLabel] };
  const [containers, networks, { Volumes }, images] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
    docker.listImages({ filters: { reference: [ownImages] } }),
  ]);
  const tags = images.flatMap(({ RepoTags }) => RepoTags ?? []);
  const labelled = [...containers, ...networks, ...Volumes].flatMap(({ Labels }) => Labels?.[instanceLabel] ?? []);
  const tagged = tags.map((tag) => tag.slice(ownImages.length + 1));
  const dead = [...new Set([...labelled, ...tagged])].filter(isDead);
  for (const instance of dead) {
    await new Bench({ docker, instance }).removeAll();
    if (tags.includes(imageTag(instance))) {
      // Another run may do the same at this moment.
      await ifThere(docker.getImage(imageTag(instance)).remove());
    }
  }
  return dead;
}

function isDead(instance: string): boolean {
  const [, where, pid] = /^(?:run|trial)-([0-9a-f]{8})-(\d+)-[0-9a-f]{6}$/.exec(instance) ?? [];
  return where === machine() && !isAlive(Number(pid));
}

function machine(): string {
  return createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
}
