import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Router } from "express";
import { Bench, benchEnvironment, type Endpoints, NAMESPACE, Names, type WorkspaceSpec } from "../../runtime";
import { connectDocker } from "../../runtime/docker/connect";
import type { EmulatorContext } from "../context";
import { user } from "../http/auth";
import { Idempotency } from "../http/idempotency";
import type { ProjectFolder } from "../project-folder/project-folder";
import { ConsoleGateway } from "./console/gateway";
import { loadHostKey } from "./console/host-key";
import { Lifecycle } from "./lifecycle";
import { type WorkspaceRecord, workspace } from "./record";
import { workspaceRoutes } from "./routes";
import { WorkspaceService } from "./service";
import { gatewayHost } from "./view";
import { WebAccess } from "./web";
import { withoutContainers } from "./without-containers";

/** The workspaces of an emulator. */
export interface Workspaces {
  /** The calls of openapi/workspaces.yaml, to be mounted next to the other calls. */
  readonly routes: Router;
  /** The same operations for callers in this process. */
  readonly desk: WorkspaceService;
  /** The Docker network for stand-in sites. It exists while a restricted workspace runs. */
  readonly outsideNetwork: string;
  /** Handles a request for the web server of a workspace; false for any other path. */
  handleWeb(req: IncomingMessage, res: ServerResponse): boolean;
  /** The same for upgrade requests (websockets). */
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** The latest lines of a workspace's main process; empty without a container. */
  logTail(id: string, lines: number): Promise<string>;
  /** Resumes work that an end of the emulator interrupted, even a kill. Only after it listens. */
  recover(): Promise<void>;
  /**
   * Stops running workspaces, TERM first; the next {@link recover} starts them again. `removeAll` removes everything of
   * this emulator's workspaces from Docker. The gateway image stays, because all emulators of this machine share it;
   * `ica-bench emulator stop --purge` removes it when none uses it.
   */
  close(options: { removeAll: boolean }): Promise<void>;
}

/** Options in addition to the configuration of the emulator. */
export interface WorkspacesOptions {
  /** Default: a new one on the same store. */
  readonly idempotency?: Idempotency;
  /** The folder mounted at /data/project. Default: none. */
  readonly projectFolder?: ProjectFolder;
}

/** Creates the workspaces of an emulator from its store. Uses Docker only when there is something to run or remove. */
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
    isAllowed: (password) => auth.verifyKey(password)?.owner === user,
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
      // A workspace that already runs has the folder mounted.
      await projectFolder?.hold(id);
      endpoints.set(id, found);
      if (settings.access.console) {
        const port = await ssh.open(id, gatewayHost, consolePort);
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

/** The spec of a workspace, with a new key. Revokes the key of an earlier start. */
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

/** The owner of the key in a workspace's environment. */
function ownerOf(id: string): string {
  return `workspace:${id}`;
}

/** Caches a successful connection; after a failure, the next caller tries again. */
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
