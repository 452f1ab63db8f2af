import { mkdir } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import path from "node:path";
import express, { type Express, type Router } from "express";
import { Auth, authenticate } from "./auth";
import { Formats } from "./catalog/formats";
import { catalogRoutes } from "./catalog/routes";
import { DEFAULTS, type EmulatorConfig, type EmulatorContext } from "./config";
import { ProjectData } from "./data/project-data";
import { dataRoutes } from "./data/routes";
import { bucketOf, dataIdOf, keyOf, Transfer } from "./data/transfer";
import { boundedDepth } from "./depth";
import { storeFolder } from "./folder";
import { Idempotency } from "./idempotency";
import { loadIdentity } from "./identity";
import { Builder } from "./images/build";
import { Images } from "./images/images";
import { imageRoutes } from "./images/routes";
import { type Lock, lock } from "./lock";
import { isLoopbackHost, refuseHost } from "./loopback";
import { answer, refuseMalformed } from "./malformed";
import { Credentials } from "./object-store/credentials";
import { ObjectStore, S3_PATH } from "./object-store/server";
import { openApiRoute } from "./openapi";
import { problemHandler, unknownPath } from "./problem";
import { ProjectFolder } from "./project-folder/project-folder";
import { requestLimit } from "./request-limit";
import { V3, V4 } from "./rest";
import { Store } from "./store";
import { REST_PATH, validation } from "./validation";
import { createWorkspaces, type Workspaces } from "./workspaces/index";

const HOST = "127.0.0.1";

/** An emulator that answers. */
export interface Emulator {
  /** For `ICA_BASE_URL`, for example `http://127.0.0.1:4747`; the calls are below `/ica/rest`. */
  readonly url: string;
  /** For `ICA_S3_ENDPOINT`; path-style. */
  readonly s3Url: string;
  /** For `ICA_API_KEY`. Undefined when an earlier start made the key: only its hash is kept, so nobody can tell it again. */
  readonly apiKey: string | undefined;
  /** For `ICA_PROJECT_ID`. */
  readonly projectId: string;
  /** Names what it makes in Docker: label `pulumi-ica.instance`. */
  readonly instance: string;
  readonly workspaces: Workspaces;
  /** Stops it. With `removeAll` also removes its images, containers, networks and volumes from Docker. */
  close(options?: { removeAll?: boolean }): Promise<void>;
}

/** Starts an emulator; resolves when it answers. Throws when its folder or port is taken. */
export async function startEmulator(
  options: Pick<EmulatorConfig, "port" | "dir"> & Partial<EmulatorConfig>,
): Promise<Emulator> {
  const config: EmulatorConfig = { ...DEFAULTS, ...options };
  const held = await lock(config.dir);
  const started: (() => Promise<unknown>)[] = [() => held.release()];
  try {
    return await start(config, held, started);
  } catch (error) {
    for (const undo of started.reverse()) {
      await undo();
    }
    throw error;
  }
}

async function start(config: EmulatorConfig, held: Lock, undo: (() => Promise<unknown>)[]): Promise<Emulator> {
  const { dir, log } = config;
  // A request without a Host is refused with a problem, not by Node without a word.
  const server = createServer({ requireHostHeader: false });
  const store = new Store(await folder(storeFolder(dir)));
  const identity = await loadIdentity(store);
  const auth = await Auth.open(store, config.tokenLifetimeS);
  const apiKey = await auth.userKey(config.apiKey);
  const images = await Images.open(store, identity, config.benchSettings);
  const baseUrl = () => urlOf(server);
  const context: EmulatorContext = { config, store, auth, identity, images, baseUrl, log };

  const formats = new Formats(identity);
  const data = await ProjectData.open(store, formats);
  const idempotency = await Idempotency.open(store);
  const credentials = new Credentials(config.credentialLifetimeMs);
  const bucket = bucketOf(identity);
  const objects = await ObjectStore.open({
    dir: await folder(path.join(dir, "objects")),
    bucket,
    credentials,
    mayWrite: (key) => data.get(dataIdOf(key))?.status === "PARTIAL",
    onStored: ({ key, size, etag }) => data.complete(dataIdOf(key), { size, etag }),
    log,
  });
  await completeWhatIsStored(data, objects, (record) => ({ bucket, key: keyOf(identity, record) }));
  const builder = new Builder({
    images,
    data,
    delayMs: config.imageDelayMs,
    archiveOf: (id) => objects.disk.fileOf(bucket, keyOf(identity, { id })),
    log,
  });
  undo.push(() => builder.close());
  const projectFolder = await ProjectFolder.open({
    dir: path.join(dir, "project"),
    ...{ store, data, disk: objects.disk, log },
    placeOf: (record) => ({ bucket, key: keyOf(identity, record) }),
  });
  const workspaces = await createWorkspaces(context, { idempotency, ...(config.containers ? { projectFolder } : {}) });
  undo.push(() => workspaces.close({ removeAll: false }));

  const transfer = new Transfer(identity, credentials, baseUrl);
  const app = restApp(context, [
    catalogRoutes(context, formats),
    dataRoutes(context, { data, formats, transfer, objects, idempotency }),
    imageRoutes(context, data, builder),
    ...(config.workspaces ? [workspaces.routes] : []),
  ]);
  serve(server, app, objects, workspaces);
  await listen(server, config.port);
  undo.push(() => closeServer(server));
  await held.announce(baseUrl());
  builder.resume();
  await workspaces.recover();

  return {
    url: baseUrl(),
    s3Url: `${baseUrl()}${S3_PATH}`,
    apiKey,
    projectId: identity.project.id,
    instance: identity.instance,
    workspaces,
    async close({ removeAll = false } = {}) {
      await workspaces.close({ removeAll });
      await builder.close();
      if (removeAll) {
        await builder.removeAll();
      }
      await closeServer(server);
      await held.release();
    },
  };
}

/** The REST calls: who is it, is the request as documented, then the calls, and every error as a problem. */
function restApp({ auth, config, log }: EmulatorContext, routes: readonly Router[]): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(openApiRoute(config.workspaces));
  if (config.requestsPerSecond > 0) {
    app.use(REST_PATH, requestLimit(config.requestsPerSecond));
  }
  app.use(REST_PATH, authenticate(auth));
  app.use(REST_PATH, express.json({ type: [V3, V4, "application/json"], limit: "1mb" }), boundedDepth);
  app.use(...validation(config));
  for (const router of routes) {
    app.use(REST_PATH, router);
  }
  app.use(unknownPath);
  app.use(problemHandler(log));
  return app;
}

/** One port for all: the web servers of workspaces, the object store, the REST calls. */
function serve(server: Server, app: Express, objects: ObjectStore, workspaces: Workspaces): void {
  server.on("request", (req: IncomingMessage, res: ServerResponse) => {
    if (!isLoopbackHost(req.headers.host)) {
      refuseHost(res, req.headers.host);
    } else if (req.url?.startsWith(`${S3_PATH}/`)) {
      objects.handle(req, res);
    } else if (!workspaces.handleWeb(req, res)) {
      app(req, res);
    }
  });
  server.on("upgrade", (req, socket, head) => {
    if (!isLoopbackHost(req.headers.host) || !workspaces.handleUpgrade(req, socket, head)) {
      socket.end(answer([404, "Not Found", "No workspace is here that could change the protocol."]));
    }
  });
  refuseMalformed(server);
  // Uploads of large parts over a slow link take as long as they take.
  server.requestTimeout = 0;
  // Longer than clients keep an idle connection, so that none is closed under a request.
  server.keepAliveTimeout = 65_000;
}

/** A crash may have come between an object and its record: the object decides. */
async function completeWhatIsStored(
  data: ProjectData,
  objects: ObjectStore,
  placeOf: (record: { id: string }) => { bucket: string; key: string },
): Promise<void> {
  for (const record of data.list()) {
    if (record.type === "FILE" && record.status === "PARTIAL") {
      const { bucket, key } = placeOf(record);
      const object = await objects.disk.find(bucket, key);
      if (object !== undefined) {
        await data.complete(record.id, object);
      }
    }
  }
}

async function folder(dir: string): Promise<string> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  return dir;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        error.code === "EADDRINUSE"
          ? new Error(`Port ${port} on ${HOST} is in use. Choose another with --port, or stop what uses it.`, {
              cause: error,
            })
          : error,
      );
    });
    server.listen(port, HOST, resolve);
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("the emulator does not listen yet");
  }
  return `http://${HOST}:${address.port}`;
}
