import { once } from "node:events";
import { createServer, type Server } from "node:http";
import express, { type NextFunction, type Request, type Response } from "express";
import { z } from "zod";

/** A note of merge request 5 in project 42. */
export interface StoredNote {
  readonly id: number;
  readonly author: number;
  readonly system: boolean;
  body: string;
  edits: number;
}

interface GitlabReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

type Rule = (method: string, path: string) => GitlabReply | undefined | Promise<GitlabReply | undefined>;

const query = z.strictObject({
  sort: z.enum(["asc", "desc"]).optional(),
  order_by: z.enum(["created_at", "updated_at"]).optional(),
  per_page: z.coerce.number().int().min(1).max(100).default(20),
  page: z.coerce.number().int().min(1).default(1),
});
const written = z.strictObject({ body: z.string().min(1) });

/**
 * A stand-in for GitLab on loopback: the notes of merge request 5 in project 42, and who a token belongs to, as
 * docs.gitlab.com/api/notes says. It refuses parameters that are not documented there.
 *
 * ```ts
 * const gitlab = await GitlabServer.start();
 * // Run `ica-bench comment --file report.json` with gitlab.environment(812). Then gitlab.notes has the comments.
 * await gitlab.close();
 * ```
 */
export class GitlabServer {
  /** The user with {@link token}. */
  readonly user = 11;
  readonly token = "glpat-token-of-project";
  readonly notes: StoredNote[] = [];
  /** The calls: `GET /projects/42/…`. */
  readonly calls: string[] = [];
  /** Requests with an undocumented form. */
  readonly faults: string[] = [];
  /** The longest note in characters. */
  longest = 1_000_000;
  /** Answers in place of the server, where it returns one. */
  rule: Rule = () => undefined;
  readonly #server: Server;
  #lastId = 300;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<GitlabServer> {
    const server = createServer();
    const gitlab = new GitlabServer(server);
    server.on("request", gitlab.#app());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return gitlab;
  }

  get api(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the stand-in does not listen");
    return `http://127.0.0.1:${address.port}/api/v4`;
  }

  /** The environment of a job in the pipeline of a merge request. */
  environment(pipeline: number, job = 1): Record<string, string> {
    return {
      GITHUB_ACTIONS: "",
      GITLAB_CI: "true",
      GITLAB_TOKEN: this.token,
      CI_API_V4_URL: this.api,
      CI_PROJECT_ID: "42",
      CI_PROJECT_URL: "https://gitlab.com/team/stacks",
      CI_MERGE_REQUEST_IID: "5",
      CI_PIPELINE_IID: String(pipeline),
      CI_JOB_ID: String(job),
      CI_JOB_URL: `https://gitlab.com/team/stacks/-/jobs/${job}`,
      CI_COMMIT_SHA: "a".repeat(40),
    };
  }

  /** Adds a note, as if written by another client. */
  has(author: number, body: string, system = false): StoredNote {
    const note = { id: ++this.#lastId, author, system, body, edits: 0 };
    this.notes.push(note);
    return note;
  }

  /** Forgets all notes and calls. */
  reset(): void {
    for (const list of [this.notes, this.calls, this.faults]) list.splice(0);
    this.longest = 1_000_000;
    this.rule = () => undefined;
    this.#lastId = 300;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #app() {
    const app = express();
    const notes = "/api/v4/projects/:project/merge_requests/:iid/notes";
    app.use(express.json({ limit: "10mb" }));
    app.use(async (req, res, next) => {
      const path = req.path.replace("/api/v4", "");
      this.calls.push(`${req.method} ${path}`);
      const reply = await this.rule(req.method, path);
      if (reply !== undefined) res.status(reply.status).set(reply.headers).json(reply.body);
      else if (req.get("PRIVATE-TOKEN") !== this.token) res.status(401).json({ message: "401 Unauthorized" });
      else next();
    });
    app.get("/api/v4/user", (_req, res) => {
      res.json({ id: this.user, username: "project_42_bot", bot: true });
    });
    app.use(notes, (req: Request, res: Response, next: NextFunction) => {
      if (req.params.project === "42" && req.params.iid === "5") next();
      else res.status(404).json({ message: "404 Not found" });
    });
    app.get(notes, (req, res) => {
      const { per_page: size, page, sort } = query.parse(req.query);
      const all = sort === "asc" ? this.notes : this.notes.toReversed();
      res.set("x-next-page", page * size < all.length ? String(page + 1) : "");
      res.json(all.slice((page - 1) * size, page * size).map(shape));
    });
    app.post(notes, (req, res) => {
      const body = this.#body(req, res);
      if (body !== undefined) res.status(201).json(shape(this.has(this.user, body)));
    });
    app.get(`${notes}/:id`, (req, res) => {
      const found = this.#find(req, res);
      if (found !== undefined) res.json(shape(found));
    });
    app.put(`${notes}/:id`, (req, res) => {
      const body = this.#body(req, res);
      const found = body === undefined ? undefined : this.#find(req, res);
      if (found === undefined || body === undefined) return;
      found.body = body;
      found.edits++;
      res.json(shape(found));
    });
    app.delete(`${notes}/:id`, (req, res) => {
      const found = this.#find(req, res);
      if (found === undefined) return;
      this.notes.splice(this.notes.indexOf(found), 1);
      res.status(204).end();
    });
    app.use((error: unknown, req: Request, res: Response, _next: NextFunction) => {
      this.faults.push(`${req.method} ${req.originalUrl}: ${error instanceof Error ? error.message : String(error)}`);
      res.status(400).json({ error: "a parameter is invalid" });
    });
    app.use((req, res) => {
      this.faults.push(`${req.method} ${req.originalUrl}: not served`);
      res.status(404).json({ error: "404 Not Found" });
    });
    return app;
  }

  #body(req: Request, res: Response): string | undefined {
    const { body } = written.parse(req.body);
    if (body.length <= this.longest) return body;
    res.status(400).json({ message: { note: [`is too long (maximum is ${this.longest} characters)`] } });
    return undefined;
  }

  #find(req: Request, res: Response): StoredNote | undefined {
    const found = this.notes.find(({ id }) => id === Number(req.params.id));
    if (found === undefined) res.status(404).json({ message: "404 Note Not Found" });
    return found;
  }
}

function shape({ id, author, system, body }: StoredNote) {
  const time = "2026-01-02T03:04:05.000Z";
  return {
    id,
    body,
    author: { id: author, username: `user${author}`, name: "", state: "active" },
    created_at: time,
    updated_at: time,
    system,
    noteable_id: 377,
    noteable_type: "MergeRequest",
    project_id: 42,
    noteable_iid: 5,
    resolvable: false,
    confidential: false,
    internal: false,
  };
}
