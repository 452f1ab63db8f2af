import type { IncomingMessage, ServerResponse } from "node:http";
import express, { type Express, Router } from "express";
import { z } from "zod";
import { connectDocker } from "../../runtime/docker/connect";
import { dockerStatus } from "../../runtime/docker/docker-error";
import type { EmulatorContext } from "../context";
import type { ProjectData } from "../data/project-data";
import { requireUserKey } from "../http/auth";
import { isPageHost, onPageHost } from "../http/loopback";
import { badRequest, problemHandler, unknownPath } from "../http/problem";
import { param } from "../http/rest";
import type { Journal } from "../journal";
import type { ObjectStore } from "../object-store/server";
import { packageVersion } from "../package-root";
import type { Workspaces } from "../workspaces/index";
import { parseSettings } from "../workspaces/service";
import { loadAssets } from "./assets";
import { callsPath, fromThePage, SessionCookie, safeHeaders, signedIn } from "./guard";
import { ImageFacts, type Inspect } from "./image-facts";
import { Live } from "./live";
import { Sessions } from "./sessions";
import { snapshotOf } from "./snapshot";

/** Where a program with the API key gets a sign-in link. */
export const linksPath = "/page/links";

/** Browsers request it by themselves with a web page of a workspace; the log does not report it as a failure. */
const favicon = "/favicon.ico";
const logLines = 50;
const signIn = z.union([z.strictObject({ apiKey: z.string() }), z.strictObject({ link: z.string() })]);

/** What the page shows and changes. */
export interface PageParts {
  readonly data: ProjectData;
  readonly objects: ObjectStore;
  readonly workspaces: Workspaces;
  readonly journal: Journal;
}

/**
 * A console at `/` to view images, workspaces, data and events, and to change workspaces by hand, as users do on ICA's
 * web page. Its files are in `browser/`; its own calls require a session (see `guard.ts`).
 */
export class Page {
  readonly #journal: Journal;
  readonly #sessions: Sessions;
  readonly #live: Live;
  readonly #app: Express;

  constructor(context: EmulatorContext, { data, objects, workspaces, journal }: PageParts) {
    const facts = new ImageFacts(context.images, inspectWithDocker);
    this.#journal = journal;
    this.#sessions = new Sessions(context.auth);
    const sources = { version: packageVersion(), context, data, objects, workspaces, facts };
    this.#live = new Live(() => snapshotOf(sources), journal, context.log);
    const calls = pageCalls(workspaces, this.#sessions, this.#live, new SessionCookie(context.identity.instance));
    this.#app = pageApp(context, calls, () => this.signInPath());
  }

  /** Handles a request for the page; false for any other path. */
  handle(req: IncomingMessage, res: ServerResponse): boolean {
    const path = req.url?.replace(/\?.*$/s, "");
    if (path !== "/" && path !== favicon && !path?.startsWith("/page/")) {
      return false;
    }
    // The journal records changes by hand like any other call, but not the page's reads.
    if (req.method !== "GET" && req.method !== "HEAD") {
      this.#journal.watch(req, res);
    }
    this.#app(req, res);
    return true;
  }

  /** The path of a sign-in link. The token is in the fragment, which a browser never sends to a server. */
  signInPath(): string {
    return `/#sign-in=${this.#sessions.issueLink()}`;
  }

  /** Ends all streams, so that the server can close. */
  close(): void {
    this.#live.close();
  }
}

function pageApp({ auth, log }: EmulatorContext, calls: Router, signInPath: () => string): Express {
  const assets = loadAssets();
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(safeHeaders);
  app.use(callsPath, fromThePage, express.json({ limit: "256kb" }), calls);
  app.post(linksPath, (req, res) => {
    requireUserKey(auth, req);
    res.json({ url: onPageHost(req.get("Host"), signInPath()) });
  });
  app.get(favicon, (_req, res) => {
    res.status(204).end();
  });
  app.get(/.*/, (req, res, next) => {
    const { path } = req;
    const asset = assets.get(path === "/" ? "/page/index.html" : path);
    if (!isPageHost(req.get("Host"))) {
      res.redirect(302, onPageHost(req.get("Host"), path));
    } else if (asset === undefined) {
      next();
    } else {
      res.type(asset.type).send(asset.content);
    }
  });
  app.use(unknownPath);
  app.use(problemHandler(log));
  return app;
}

/** The page's own calls. */
function pageCalls(workspaces: Workspaces, sessions: Sessions, live: Live, cookie: SessionCookie): Router {
  const router = Router();
  const { desk } = workspaces;

  router.get("/session", (req, res) => {
    res.json({ signedIn: sessions.isOpen(cookie.read(req)) });
  });

  router.post("/session", (req, res) => {
    const wanted = signIn.safeParse(req.body);
    if (!wanted.success) {
      throw badRequest("Sign in with an apiKey or a link.");
    }
    cookie.set(
      res,
      "link" in wanted.data ? sessions.beginByLink(wanted.data.link) : sessions.beginByKey(wanted.data.apiKey),
    );
    res.status(204).end();
  });

  router.use(signedIn(sessions, cookie));

  router.delete("/session", (req, res) => {
    const session = cookie.read(req) ?? "";
    sessions.end(session);
    live.detach(session);
    cookie.clear(res);
    res.status(204).end();
  });

  // Without this, Express would answer HEAD with a GET that never ends.
  router.head("/events", (_req, res) => {
    res.status(200).end();
  });
  router.get("/events", (req, res) => live.attach(res, cookie.read(req) ?? ""));

  router.get("/workspaces/:id/log", async (req, res) => {
    res.json({ text: await workspaces.logTail(desk.require(param(req, "id")).id, logLines) });
  });

  router.put("/workspaces/:id", async (req, res) => {
    await desk.update(param(req, "id"), parseSettings(req.body), req.get("If-Match"));
    await live.look();
    res.status(204).end();
  });

  for (const verb of ["start", "stop", "delete"] as const) {
    router.post(`/workspaces/:id/${verb}`, async (req, res) => {
      await desk.press(param(req, "id"), verb);
      await live.look();
      res.status(204).end();
    });
  }
  return router;
}

const inspectWithDocker: Inspect = async (reference) => {
  try {
    const { Size, RootFS } = await (await connectDocker()).getImage(reference).inspect();
    return { bytes: Size, layers: RootFS.Layers?.length ?? 0 };
  } catch (error) {
    if (dockerStatus(error) === 404) {
      return undefined;
    }
    throw error;
  }
};
