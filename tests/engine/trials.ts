import { readFileSync } from "node:fs";
import type Dockerode from "dockerode";
import type { TestBench } from "./bench";

/**
 * What trials (`verify: "run"`) of this bench's engines have in Docker: containers, networks and volumes, by their owner.
 * Other processes may be trying out images of theirs; one whose process is gone counts as this bench's.
 */
export async function trialsOf(bench: TestBench, docker: Dockerode): Promise<string[]> {
  const filters = { label: ["pulumi-ica.instance"] };
  const [containers, networks, { Volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return [...containers, ...networks, ...Volumes]
    .map(({ Labels }) => Labels?.["pulumi-ica.instance"] ?? "")
    .filter((owner) => {
      const pid = /^trial-[0-9a-f]+-(\d+)-/.exec(owner)?.[1];
      return pid !== undefined && (environmentOf(pid)?.includes(bench.dir) ?? true);
    });
}

function environmentOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return undefined;
  }
}
