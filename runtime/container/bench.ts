import type Dockerode from "dockerode";
import { parseAllowedUrl } from "../allowed-url";
import { stopGraceSeconds } from "../bench-facts";
import { dockerStatus, dockerWords, ifThere } from "../docker/docker-error";
import { Names, workspaceLabel } from "../names";
import { startGateway } from "../network/gateway";
import { ensureGatewayImage } from "../network/gateway-image";
import { createNetwork, ensureOutsideNetwork, removeNetwork } from "../network/networks";
import { closePrivateAddresses, startPublicGateway } from "../network/public-gateway";
import { isKnownModel, type Limits, limitsOf, temporaryBytesOf } from "../resource-models";
import type { Endpoints, StopOutcome, WorkspaceSpec } from "../spec";
import { changedPaths } from "./changes";
import { containerOptions, hasPublicGateway } from "./container";
import { followLog, followOutput, tailOf } from "./container-log";
import { type Listening, listeningOn } from "./listening";
import { endpointsOf } from "./ports";
import { removeContainer, stopContainer } from "./stop";
import { defaultTiming, type Listener, type SupervisionEnd, supervise, type Timing } from "./supervisor";
import { ensureVolumes, readPrivateKey, removeVolumes } from "./volumes";

/** What a {@link Bench} needs. */
export interface BenchOptions {
  readonly docker: Dockerode;
  /** Marks the owner of what is created in Docker: see {@link Names}. */
  readonly instance: string;
  /** Receives log lines for people. Default: discards them. */
  readonly log?: (line: string) => void;
  readonly timing?: Timing;
  /** Seconds between TERM and KILL. Default 30, as on Bench. */
  readonly graceS?: number;
}

/**
 * Bench's rules in Docker: runs the workspaces of one owner as ICA would. Keeps no state of its own: all state is in
 * Docker, under names derived from the ids, so that another Bench of the same instance can take over after a crash.
 */
export class Bench {
  readonly names: Names;
  readonly #docker: Dockerode;
  readonly #log: (line: string) => void;
  readonly #timing: Timing;
  readonly #graceS: number;

  constructor({
    docker,
    instance,
    log = () => undefined,
    timing = defaultTiming,
    graceS = stopGraceSeconds,
  }: BenchOptions) {
    this.#docker = docker;
    this.names = new Names(instance);
    this.#log = log;
    this.#timing = timing;
    this.#graceS = graceS;
  }

  /** Whether the main process of this workspace runs. */
  async isRunning(id: string): Promise<boolean> {
    return (await ifThere(this.#container(id).inspect()))?.State.Running === true;
  }

  /**
   * Recreates network, volumes and container, and removes leftovers of an earlier run except the volumes. Starts
   * nothing: see {@link supervise}. Throws Docker's error message when it cannot create something.
   */
  async prepare(spec: WorkspaceSpec): Promise<void> {
    await this.clear(spec.id);
    await ensureVolumes(this.#docker, this.names, spec);
    const restricted = spec.network.mode === "RESTRICTED";
    const allowed = restricted ? spec.network.allowedUrls.map(parseAllowedUrl) : [];
    if (restricted) {
      await ensureOutsideNetwork(this.#docker, this.names);
    }
    const subnets = await createNetwork(this.#docker, this.names, spec);
    if (restricted || hasPublicGateway(spec)) {
      const start = async () => {
        await ensureGatewayImage(this.#docker, this.#log);
        await (restricted
          ? startGateway(this.#docker, this.names, spec, allowed, subnets)
          : startPublicGateway(this.#docker, this.names, spec));
      };
      // Purging another emulator may have removed the image at this moment.
      await start().catch((error: unknown) => (dockerStatus(error) === 404 ? start() : Promise.reject(error)));
    }
    await this.#create(spec, await this.#limits(spec));
  }

  async #limits({ resourceModel, limits }: WorkspaceSpec): Promise<Limits & { temporaryBytes: number }> {
    const { NCPU, MemTotal }: { NCPU: number; MemTotal: number } = await this.#docker.info();
    const machine = { cpus: NCPU, memoryBytes: MemTotal };
    if (resourceModel !== "" && !isKnownModel(resourceModel)) {
      this.#log(`The size of "${resourceModel}" is not known here: the workspace gets half of this machine.`);
    }
    const all = { ...limitsOf(resourceModel, machine), ...limits };
    return { ...all, temporaryBytes: temporaryBytesOf(all.Memory ?? MemTotal) };
  }

  async #create(spec: WorkspaceSpec, limits: Limits & { temporaryBytes: number }): Promise<void> {
    try {
      await this.#docker.createContainer(containerOptions(this.names, spec, limits));
    } catch (error) {
      const { projectFolder, ...rest } = spec;
      if (projectFolder === undefined || !dockerWords(error).includes("bind source path does not exist")) {
        throw error;
      }
      this.#log(`The Docker engine does not see ${projectFolder}: /data/project does not show the project's data.`);
      await this.#docker.createContainer(containerOptions(this.names, rest, limits));
    }
  }

  /** Starts the main process unless it runs, and keeps it running: see `supervise`. */
  supervise(id: string, listener: Listener, signal: AbortSignal): Promise<SupervisionEnd> {
    return supervise(
      {
        container: this.#container(id),
        beforeStart: async () => {
          await this.#startGatewayAgain(id);
          await followOutput(this.#docker, this.#container(id), listener.wrote);
        },
      },
      listener,
      this.#timing,
      signal,
    );
  }

  /** The current published ports; empty when the workspace does not run. */
  async endpoints(id: string): Promise<Endpoints> {
    const gateway = await ifThere(this.#docker.getContainer(this.names.gateway(id)).inspect());
    const found = gateway ?? (await ifThere(this.#container(id).inspect()));
    return found === undefined ? {} : endpointsOf(found);
  }

  /** The private key that logs in to a workspace with console access. */
  privateKey(id: string): Promise<string> {
    return readPrivateKey(this.#container(id));
  }

  /** The latest lines of the main process; empty without a container. */
  async logTail(id: string, lines: number): Promise<string> {
    return (await ifThere(tailOf(this.#container(id), lines))) ?? "";
  }

  /** The latest log lines of a restricted workspace's proxy: time, status, verdict, method, address. */
  async proxyLog(id: string, lines: number): Promise<string> {
    return (await ifThere(tailOf(this.#docker.getContainer(this.names.gateway(id)), lines))) ?? "";
  }

  /**
   * Passes on each log line of a restricted workspace's proxy as it comes, until the gateway is gone. Does nothing for
   * a public workspace.
   */
  async followProxy(id: string, onLine: (line: string) => void): Promise<void> {
    await followLog(this.#docker, this.#docker.getContainer(this.names.gateway(id)), onLine);
  }

  /**
   * Sends TERM, waits for the grace time, sends KILL, then removes container and network. Supervision must have ended.
   * /data stays.
   */
  async stop(id: string): Promise<StopOutcome> {
    const outcome = await this.end(id);
    await this.clear(id);
    return outcome;
  }

  /** Sends TERM, waits for the grace time, sends KILL. The stopped container stays. Supervision must have ended. */
  end(id: string): Promise<StopOutcome> {
    return stopContainer(this.#container(id), this.#graceS);
  }

  /** The image's own files that were added, changed or removed: see `changedPaths`. */
  changes(id: string): Promise<string[]> {
    return changedPaths(this.#container(id));
  }

  /** Where something in a running workspace listens on a port: see `listeningOn`. */
  listening(id: string, port: number): Promise<Listening | undefined> {
    return listeningOn(this.#docker, this.#container(id), port);
  }

  /** Removes container, gateway and network of a workspace at once, in any state. /data stays. */
  async clear(id: string): Promise<void> {
    for (const name of [this.names.container(id), this.names.gateway(id), this.names.setup(id)]) {
      await removeContainer(this.#docker.getContainer(name));
    }
    await removeNetwork(this.#docker, this.names.network(id));
  }

  /** Removes everything of a workspace, /data included. */
  async remove(id: string): Promise<void> {
    await this.clear(id);
    await removeVolumes(this.#docker, this.names, id);
  }

  /** The ids of this instance's workspaces that have a container or a network. */
  async live(): Promise<Set<string>> {
    const filters = this.names.filter();
    return idsOf([
      ...(await this.#docker.listContainers({ all: true, filters })),
      ...(await this.#docker.listNetworks({ filters })),
    ]);
  }

  /** Removes the network that gateways share. Call it when no workspace runs. */
  async closeOutside(): Promise<void> {
    await removeNetwork(this.#docker, this.names.outside);
  }

  /** Removes everything with this instance's label from Docker. */
  async removeAll(): Promise<void> {
    const { Volumes } = await this.#docker.listVolumes({ filters: this.names.filter() });
    for (const id of await this.live()) {
      await this.clear(id);
    }
    await this.closeOutside();
    for (const { Name } of Volumes) {
      await ifThere(this.#docker.getVolume(Name).remove());
    }
  }

  /** After a restart of the engine, the gateway does not start by itself. */
  async #startGatewayAgain(id: string): Promise<void> {
    const gateway = this.#docker.getContainer(this.names.gateway(id));
    const found = await ifThere(gateway.inspect());
    if (found !== undefined && !found.State.Running) {
      await gateway.start();
      if (found.HostConfig.NetworkMode === this.names.network(id)) {
        await closePrivateAddresses(gateway);
      }
    }
  }

  #container(id: string): Dockerode.Container {
    return this.#docker.getContainer(this.names.container(id));
  }
}

function idsOf(found: readonly { Labels?: Record<string, string> | undefined }[]): Set<string> {
  return new Set(found.flatMap(({ Labels }) => Labels?.[workspaceLabel] ?? []));
}
