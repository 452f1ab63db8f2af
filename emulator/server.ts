import { mkdir } from "node:fs/promises";
import path from "node:path";
import express, { type Express, type Router } from "express";
import { Formats } from "./catalog/formats";
import { catalogRoutes } from "./catalog/routes";
import { defaults, type EmulatorConfig } from "./config";
import type { EmulatorContext } from "./context";
import { ProjectData } from "./data/project-data";
import { dataRoutes } from "./data/routes";
import { awsRegion, bucketOf, dataIdOf, keyOf, Transfer } from "./data/transfer";
import { FaultGate } from "./faults/gate";
import { Auth, authenticate } from "./http/auth";
import { boundedDepth } from "./http/depth";
import { Idempotency } from "./http/idempotency";
import { type Answering, Loopback } from "./http/listen";
import { isLoopbackHost, isPageHost, offPageHost, refuseHost } from "./http/loopback";
import { answer } from "./http/malformed";
import { openApiRoute } from "./http/openapi";
import { problemHandler, unknownPath } from "./http/problem";
import { requestLimit } from "./http/request-limit";
import { v3, v4 } from "./http/rest";
import { restPath, validation } from "./http/validation";
import { Builder } from "./images/build";
import { Images } from "./images/images";
import { imageRoutes } from "./images/routes";
import { Journal } from "./journal";
import { Credentials } from "./object-store/credentials";
import { ObjectStore, s3Path } from "./object-store/server";
import { removeLeftovers } from "./object-store/storage/leftovers";
import { Page } from "./page/page";
import { ProjectFolder } from "./project-folder/project-folder";
import { storeFolder } from "./state/folder";
import { loadIdentity } from "./state/identity";
import { type Lock, lock } from "./state/lock";
import { Store } from "./state/store";
import { createWorkspaces, type Workspaces } from "./workspaces/index";
import { isWorkspacePath } from "./workspaces/web";

/** A running emulator. */
export interface Emulator {
  /** For `ICA_BASE_URL`, for example `http://127.0.0.1:4747`; the calls are below `/ica/rest`. */
  readonly url: string;
  /** For `ICA_S3_ENDPOINT`; path-style. */
  readonly s3Url: string;
  /** For `ICA_API_KEY`. Undefined when an earlier start made the key, because the emulator keeps only its hash. */
  readonly apiKey: string | undefined;
  /** For `ICA_PROJECT_ID`. */
  readonly projectId: string;
  /** Part of the name of what it creates in Docker: label `pulumi-ica.instance`. */
  readonly instance: string;
  readonly workspaces: Workspaces;
  /** A sign-in link to the page, for one use within ten minutes. Do not store it. */
  signInUrl(): string;
  /** Restores the API key from before this start, for when the new one cannot be handed over. */
  forgetKey(): Promise<void>;
  /** Stops the emulator. `removeAll` also removes its images, containers, networks and volumes from Docker. */
  close(options?: { removeAll?: boolean }): Promise<void>;
}

/** Starts an emulator; resolves once it answers. Throws when its folder or port is in use. */
export async function startEmulator(
  options: Pick<EmulatorConfig, "port" | "dir"> & Partial<EmulatorConfig>,
): Promise<Emulator> {
  const config: EmulatorConfig = { ...defaults, ...options };
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
  const { dir } = config;
  const loopback = new Loopback();
  const journal = new Journal();
  const log = (line: string) => {
    config.log(line);
    journal.line(line);
  };
  const store = new Store(await folder(storeFolder(dir)));
  const identity = await loadIdentity(store);
  const auth = await Auth.open(store, config.tokenLifetimeS);
  const keyBefore = auth.userKeyAsNow();
  // If the start fails, the caller never learns a new key, so the old one must stay valid.
  undo.push(keyBefore);
  const apiKey = await auth.userKey(config.apiKey);
  const images = await Images.open(store, identity, config.benchSettings);
  const baseUrl = () => loopback.url;
  const context: EmulatorContext = { config, store, auth, identity, images, baseUrl, log };

  const formats = new Formats(identity);
  const data = await ProjectData.open(store, formats);
  const idempotency = await Idempotency.open(store);
  const credentials = new Credentials(config.credentialLifetimeMs);
  const bucket = bucketOf(identity);
  const objects = await ObjectStore.open({
    dir: await folder(path.join(dir, "objects")),
    bucket,
    region: awsRegion(identity),
    credentials,
    mayWrite: (key) => data.get(dataIdOf(key))?.status === "PARTIAL",
    onStored: ({ key, size, etag }) => data.complete(dataIdOf(key), { size, etag }),
    log,
  });
  await completeWhatIsStored(data, objects, (record) => ({ bucket, key: keyOf(identity, record) }));
  await removeLeftovers(objects.disk, bucket, (key) => data.get(dataIdOf(key))?.status);
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
  const page = new Page(context, { data, objects, workspaces, journal });
  undo.push(async () => page.close());
  const faults = new FaultGate({ auth, credentials }, log);
  await loopback.listen(config.port, answering({ app, objects, workspaces, page, journal, faults }));
  undo.push(() => loopback.close());
  await held.announce(baseUrl());
  builder.resume();
  await workspaces.recover();

  return {
    url: baseUrl(),
    s3Url: `${baseUrl()}${s3Path}`,
    apiKey,
    projectId: identity.project.id,
    instance: identity.instance,
    workspaces,
    signInUrl: () => `${loopback.pageUrl}${page.signInPath()}`,
    forgetKey: keyBefore,
    async close({ removeAll = false } = {}) {
      await workspaces.close({ removeAll });
      await builder.close();
      if (removeAll) {
        await builder.removeAll();
      }
      page.close();
      await loopback.close();
      await held.release();
    },
  };
}

/** The REST calls: authenticates, validates, handles the call, and turns every error into a problem. */
function restApp({ auth, config, log }: EmulatorContext, routes: readonly Router[]): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(openApiRoute(config.workspaces));
  if (config.requestsPerSecond > 0) {
    app.use(restPath, requestLimit(config.requestsPerSecond));
  }
  app.use(restPath, authenticate(auth));
  app.use(restPath, express.json({ type: [v3, v4, "application/json"], limit: "1mb" }), boundedDepth);
  app.use(...validation(config));
  for (const router of routes) {
    app.use(restPath, router);
  }
  app.use(unknownPath);
  app.use(problemHandler(log));
  return app;
}

/** The parts that handle requests. */
interface Answerers {
  readonly app: Express;
  readonly objects: ObjectStore;
  readonly workspaces: Workspaces;
  readonly page: Page;
  readonly journal: Journal;
  readonly faults: FaultGate;
}

/** One port for everything: the page, the web servers of workspaces, the object store, the REST calls. */
function answering({ app, objects, workspaces, page, journal, faults }: Answerers): Answering {
  return {
    request(req, res) {
      const { host } = req.headers;
      if (!isLoopbackHost(host)) {
        refuseHost(res, host);
      } else if (isWorkspacePath(req.url) && isPageHost(host)) {
        res.writeHead(307, { Location: offPageHost(host, req.url ?? "/") }).end();
      } else if (workspaces.handleWeb(req, res)) {
        // The journal does not record a workspace's own web traffic.
      } else if (!page.handle(req, res) && !faults.handle(req, res)) {
        journal.watch(req, res);
        if (req.url?.startsWith(`${s3Path}/`)) {
          faults.pass({ req, res, form: "S3", carryOut: () => objects.handle(req, res) });
        } else {
          faults.pass({ req, res, form: "REST", carryOut: () => app(req, res) });
        }
      }
    },
    upgrade(req, socket, head) {
      const { host } = req.headers;
      if (!isLoopbackHost(host) || isPageHost(host) || !workspaces.handleUpgrade(req, socket, head)) {
        socket.end(answer([404, "Not Found", "No workspace is here that could change the protocol."]));
      }
    },
  };
}

/** After a crash between an object and its record, the object decides. */
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
