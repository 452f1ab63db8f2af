import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Router } from "express";
import { Bench, benchEnvironment, type Endpoints, NAMESPACE, Names, type WorkspaceSpec } from "../../runtime";
import { connectDocker } from "../../runtime/docker/connect";
import type { EmulatorContext } from "../context";
import { USER } from "../http/auth";
import { Idempotency } from "../http/idempotency";
import type { ProjectFolder } from "../project-folder/project-folder";
import { ConsoleGateway } from "./console/gateway";
import { loadHostKey } from "./console/host-key";
import { Lifecycle } from "./lifecycle";
import { type WorkspaceRecord, workspace } from "./record";
import { workspaceRoutes } from "./routes";
import { WorkspaceService } from "./service";
import { CONSOLE_HOST } from "./view";
import { WebAccess } from "./web";
import { withoutContainers } from "./without-containers";

/** The part of the emulator that has workspaces. */
export interface Workspaces {
  /** The calls of openapi/workspaces.yaml, to be mounted where the other calls are. */
  readonly routes: Router;
  /** The same, for who is in this process. */
  readonly desk: WorkspaceService;
  /** The Docker network that stand-in sites are attached to. It is there while a restricted workspace runs. */
  readonly outsideNetwork: string;
  /** Answers a request for the web server of a workspace; false when the path is none of a workspace. */
  handleWeb(req: IncomingMessage, res: ServerResponse): boolean;
  /** The same for a request to change the protocol. */
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** The last lines that the main process of a workspace wrote; empty when it has no container. */
  logTail(id: string, lines: number): Promise<string>;
  /** Takes up what was going on when the emulator ended, however it ended. Only after it listens. */
  recover(): Promise<void>;
  /**
   * Stops what runs, TERM first; what ran will run again after the next {@link recover}. With `removeAll` nothing of this
   * emulator's workspaces is left in Docker. The image of gateways stays, which all emulators of this machine share:
   * `ica-bench emulator stop --purge` removes it when none uses it.
   */
  close(options: { removeAll: boolean }): Promise<void>;
}

/** What can be set beside the configuration of the emulator. */
export interface WorkspacesOptions {
  /** Default: one of its own on the same store. */
  readonly idempotency?: Idempotency;
  /** What is mounted at /data/project. Default: nothing. */
  readonly projectFolder?: ProjectFolder;
}

/** Makes the workspaces of an emulator from its store. Docker is asked only when there is something to run or remove. */
export async function createWorkspaces(context: EmulatorContext, options: WorkspacesOptions = {}): Promise<Workspaces> {
  const { auth, config, identity, store } = context;
  const log = (line: string) => context.log(line);
  const records = await store.collection("workspaces", workspace);
  const idempotency = options.idempotency ?? (await Idempotency.open(store));
  const endpoints = new Map<string, Endpoints>();
  const engine = connectOnce(async () => {
    const docker = await connectDocker();
    const bench = new Bench({ docker, instance: identity.instance, log });
    return { docker, bench };
  });
  const { projectFolder } = options;
  const simulated = config.containers ? undefined : withoutContainers(config.transitionMs);

  const ssh = new ConsoleGateway({
    hostKey: await loadHostKey(store),
    isAllowed: (password) => auth.verifyKey(password)?.owner === USER,
    inside: async (id) => {
      const port = endpoints.get(id)?.console;
      if (port === undefined) {
        throw new Error("The workspace is being started again; try again in a moment.");
      }
      return { port, privateKey: await (await engine()).bench.privateKey(id) };
    },
    log,
  });

  const lifecycle = new Lifecycle({
    records,
    runtime: async () => simulated ?? (await engine()).bench,
    specOf: async (record) => {
      const mounted = await projectFolder?.hold(record.id);
      return { ...(await specOf(context, record)), ...(mounted === undefined ? {} : { projectFolder: mounted }) };
    },
    opened: async ({ id, settings, consolePort }, found) => {
      // one that was found running has it mounted already
      await projectFolder?.hold(id);
      endpoints.set(id, found);
      if (settings.access.console) {
        const port = await ssh.open(id, CONSOLE_HOST, consolePort);
        await records.update(id, (record) => (record.consolePort === port ? record : { ...record, consolePort: port }));
      }
    },
    interrupted: (id) => {
      endpoints.delete(id);
    },
    closed: async (id) => {
      endpoints.delete(id);
      await ssh.close(id);
    },
    ended: async (id) => {
      await projectFolder?.release(id);
      await auth.removeKeys(ownerOf(id));
    },
    log,
  });

  const web = new WebAccess((number) => {
    const record = records.list().find((candidate) => candidate.number === number && !candidate.deleted);
    return record === undefined ? undefined : { record, port: endpoints.get(record.id)?.web };
  });

  const desk = new WorkspaceService({ context, records, lifecycle, consolePort: (id) => ssh.port(id) });

  return {
    routes: workspaceRoutes({ identity, desk, idempotency }),
    desk,
    outsideNetwork: new Names(identity.instance).outside,
    handleWeb: (req, res) => web.handleWeb(req, res),
    handleUpgrade: (req, socket, head) => web.handleUpgrade(req, socket, head),
    logTail: async (id, lines) => (simulated === undefined ? (await engine()).bench.logTail(id, lines) : ""),
    recover: () => lifecycle.recover(),
    close: (how) => lifecycle.close(how),
  };
}

/** What to run for a workspace. It gets a key of its own; that of an earlier start is valid no longer. */
async function specOf(context: EmulatorContext, record: WorkspaceRecord): Promise<WorkspaceSpec> {
  const { id, projectId, number, settings } = record;
  const { access, network, resourceModel, imageId } = settings;
  const owner = ownerOf(id);
  await context.auth.removeKeys(owner);
  return {
    id,
    image: context.images.reference(imageId),
    resourceModel,
    access,
    network: { ...network, allowPrivate: context.config.allowPrivate },
    environment: benchEnvironment({
      benchHost: new URL(context.baseUrl()).host,
      icaUrl: `${context.baseUrl()}/ica`,
      projectId,
      number,
      namespace: NAMESPACE,
      access,
      restricted: network.mode === "RESTRICTED",
      apiKey: await context.auth.issueKey(owner),
    }),
  };
}

/** Whose the key is that a workspace finds in its environment. */
function ownerOf(id: string): string {
  return `workspace:${id}`;
}

/** Remembers a success; a failure is tried again by the next caller. */
function connectOnce<T>(connect: () => Promise<T>): () => Promise<T> {
  let connected: Promise<T> | undefined;
  return () => {
    connected ??= connect().catch((error: unknown) => {
      connected = undefined;
      throw error;
    });
    return connected;
  };
}
