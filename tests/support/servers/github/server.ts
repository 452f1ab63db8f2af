import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import express, { type NextFunction, type Request, type Response } from "express";
import { middleware } from "express-openapi-validator";
import {
  type Account,
  commentOf,
  plain,
  profileOf,
  pullOf,
  refusal,
  type StoredComment,
  type StoredPull,
} from "./answers";
import { githubDocument } from "./document";
import { graphql } from "./graphql";
import { type StoredIssue, serveIssues } from "./issues";

/** A call as received. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** An answer in place of the server's own. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

type Act = Reply | "reset" | undefined;
type Rule = {
  readonly method: string;
  readonly path: RegExp;
  readonly act: (seen: Seen) => Act | Promise<Act>;
};

const comments = "/repos/{owner}/{repo}/issues/{issue_number}/comments";
const oneComment = "/repos/{owner}/{repo}/issues/comments/{comment_id}";
const pulls = "/repos/{owner}/{repo}/pulls";

/**
 * A stand-in for GitHub on loopback: comments of pull requests, accounts, and what the pair of workflows for forks asks.
 * Every request is validated with GitHub's own OpenAPI document, and so are the answers about comments and accounts. A
 * request that the document forbids gets a 400 and stands in {@link faults}.
 *
 * ```ts
 * const github = await GithubServer.start();
 * const run = { number: 812, sha: "3f2a9c1".padEnd(40, "0") };
 * const env = await actionsEnvironment(github, folder, "pull_request", pullRequestEvent(github, 7, run), run);
 * // Run `ica-bench comment --file report.json` with env. Then github.shown(7) has the comments of pull request 7.
 * await github.close();
 * ```
 */
export class GithubServer {
  /** The repository. */
  readonly repo = "team/stacks";
  /** The token of GitHub Actions, whose author is github-actions[bot]. */
  readonly token = "ghs_token_of_actions";
  readonly comments: StoredComment[] = [];
  readonly pulls: StoredPull[] = [];
  readonly issues: StoredIssue[] = [];
  readonly seen: Seen[] = [];
  /** What GitHub's document forbids in the requests so far. */
  readonly faults: string[] = [];
  /** The longest body of a comment, in characters. */
  longest = 65_536;
  /** Whether a comment says in REST calls that it is minimised. */
  saysMinimized = true;
  readonly #accounts = new Map<string, Account>();
  readonly #rules: Rule[] = [];
  readonly #server: Server;
  #lastId = 1000;

  private constructor(server: Server) {
    this.#server = server;
    this.hasAccount(this.token, { login: "github-actions[bot]", type: "Bot", mayWrite: true });
  }

  static async start(): Promise<GithubServer> {
    const server = createServer();
    const github = new GithubServer(server);
    server.on("request", github.#app());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return github;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the stand-in does not listen");
    return `http://127.0.0.1:${address.port}`;
  }

  /** Lets a token in. */
  hasAccount(token: string, account: Account): void {
    this.#accounts.set(token, account);
  }

  /** Adds a comment, as if written by another client. */
  has(issue: number, author: string, body: string): StoredComment {
    const comment: StoredComment = { id: ++this.#lastId, issue, author, body, edits: 0 };
    this.comments.push(comment);
    return comment;
  }

  /** The bodies of an issue's comments that show, in order. */
  shown(issue: number): string[] {
    return this.comments.filter((each) => each.issue === issue && each.minimized === undefined).map(({ body }) => body);
  }

  /** The calls that wrote something: `POST`, `PATCH` or `DELETE`, in order. */
  get writes(): string[] {
    return this.seen.filter(({ method, path }) => method !== "GET" && path !== "/graphql").map(({ method }) => method);
  }

  /**
   * Answers calls in its own way: the latest rule for a call wins until the returned function removes it. `undefined` as
   * the act leaves the call to the next rule, at last to the server itself; the promise of an act holds the call.
   */
  on(method: string, path: RegExp, act: (seen: Seen) => Act | Promise<Act>): () => void {
    const rule: Rule = { method, path, act };
    this.#rules.unshift(rule);
    return () => {
      this.#rules.splice(this.#rules.indexOf(rule), 1);
    };
  }

  /** Answers the next calls with these replies, one each, and then in its usual way. */
  next(method: string, path: RegExp, ...acts: readonly (Reply | "reset")[]): void {
    const left = [...acts];
    this.on(method, path, () => left.shift());
  }

  /** Forgets everything but the accounts. A new server costs half a second, to compile the document. */
  reset(): void {
    for (const list of [this.comments, this.pulls, this.issues, this.seen, this.faults, this.#rules]) list.splice(0);
    this.longest = 65_536;
    this.saysMinimized = true;
    this.#lastId = 1000;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #app() {
    const app = express();
    app.use(express.json({ limit: "10mb" }));
    app.use((req, _res, next) => {
      const { method, path, query, headers, body } = req;
      this.seen.push({ method, path, query, headers, body });
      next();
    });
    app.use((req, res, next) => {
      if (this.#accountOf(req) === undefined) res.status(401).json(refusal("Bad credentials"));
      else next();
    });
    app.use((req, res, next) => this.#ruled(req, res, next));
    app.post("/graphql", (req, res) => {
      res.json(graphql(req.body, this.#caller(req), this.comments));
    });
    app.use(validator());
    this.#serve(app);
    serveIssues(app, {
      ...{ issues: this.issues, repo: this.repo, url: () => this.url },
      caller: (req) => this.#caller(req),
      mayWrite: (req, res) => this.#mayWrite(req, res),
      page: (req, res, all) => this.#page(req, res, all),
    });
    app.use((error: unknown, req: Request, res: Response, next: NextFunction) => {
      const status = error instanceof Error && "status" in error ? Number(error.status) : 500;
      const fault = `${req.method} ${req.originalUrl}: ${error instanceof Error ? error.message : String(error)}`;
      this.faults.push(fault);
      if (res.headersSent) next(error);
      else res.status(status).json(refusal(fault));
    });
    return app;
  }

  /** Answers by the first rule that has an answer. */
  async #ruled(req: Request, res: Response, next: NextFunction): Promise<void> {
    const { method, path, query, headers, body } = req;
    for (const rule of [...this.#rules]) {
      if (rule.method !== method || !rule.path.test(path)) continue;
      const act = await rule.act({ method, path, query, headers, body });
      if (act === undefined) continue;
      if (act === "reset") {
        req.socket.resetAndDestroy();
        return;
      }
      res.writeHead(act.status, { "Content-Type": "application/json; charset=utf-8", ...act.headers });
      res.end(act.body === undefined ? undefined : JSON.stringify(act.body));
      return;
    }
    next();
  }

  #serve(app: express.Express): void {
    const served = (path: string) => path.replace(/\{(\w+)\}/g, ":$1");
    app.get("/user", (req, res) => {
      const { login, type } = this.#caller(req);
      if (type === "Bot") res.status(403).json(refusal("Resource not accessible by integration"));
      else res.json(profileOf(login, this.url));
    });
    app.get(served(comments), (req, res) => {
      const all = this.comments.filter(({ issue }) => issue === Number(req.params.issue_number));
      res.json(this.#page(req, res, all).map((each) => this.#shape(each)));
    });
    app.post(served(comments), (req, res) => {
      if (!this.#mayWrite(req, res) || !this.#fits(req, res)) return;
      const made = this.has(Number(req.params.issue_number), this.#caller(req).login, String(req.body.body));
      const answer = this.#shape(made);
      res.status(201).location(answer.url).json(answer);
    });
    app.get(served(oneComment), (req, res) => {
      const found = this.#find(req, res);
      if (found !== undefined) res.json(this.#shape(found));
    });
    app.patch(served(oneComment), (req, res) => {
      const found = this.#mayWrite(req, res) && this.#fits(req, res) ? this.#find(req, res) : undefined;
      if (found === undefined) return;
      found.body = String(req.body.body);
      found.edits++;
      res.json(this.#shape(found));
    });
    app.delete(served(oneComment), (req, res) => {
      const found = this.#mayWrite(req, res) ? this.#find(req, res) : undefined;
      if (found === undefined) return;
      this.comments.splice(this.comments.indexOf(found), 1);
      res.status(204).end();
    });
    app.get(served(pulls), (req, res) => {
      const { state = "open", head } = req.query;
      const found = this.pulls.filter(
        (pull) =>
          (state === "all" || pull.state === state) &&
          (head === undefined || head === `${pull.head.owner}:${pull.head.ref}`),
      );
      plain(
        res,
        this.#page(req, res, found).map((pull) => pullOf(pull, this.repo)),
      );
    });
    app.get(served(`${pulls}/{pull_number}`), (req, res) => {
      const found = this.pulls.find(({ number }) => number === Number(req.params.pull_number));
      if (found === undefined) res.status(404).json(refusal("Not Found"));
      else plain(res, pullOf(found, this.repo));
    });
  }

  #accountOf(req: Request): Account | undefined {
    const [, token = ""] = /^(?:token|bearer) (\S+)$/i.exec(req.get("authorization") ?? "") ?? [];
    return this.#accounts.get(token);
  }

  #caller(req: Request): Account {
    const account = this.#accountOf(req);
    if (account === undefined) throw new Error("a call without a known token got past the login");
    return account;
  }

  #mayWrite(req: Request, res: Response): boolean {
    if (this.#caller(req).mayWrite) return true;
    res.status(403).json(refusal("Resource not accessible by integration"));
    return false;
  }

  #fits(req: Request, res: Response): boolean {
    if (String(req.body.body).length <= this.longest) return true;
    const message = `body is too long (maximum is ${this.longest} characters)`;
    const errors = [{ resource: "IssueComment", code: "custom", field: "body", message }];
    res.status(422).json(refusal("Validation Failed", { errors }));
    return false;
  }

  #find(req: Request, res: Response): StoredComment | undefined {
    const found = this.comments.find(({ id }) => id === Number(req.params.comment_id));
    // GitHub answers 404, although its document does not say so for these calls.
    if (found === undefined) plain(res.status(404), refusal("Not Found"));
    return found;
  }

  #shape(comment: StoredComment) {
    return commentOf(comment, this.repo, this.url, this.saysMinimized);
  }

  /** One page, with the Link header to the next one. */
  #page<T>(req: Request, res: Response, all: readonly T[]): T[] {
    const [size, page] = [Number(req.query.per_page ?? 30), Number(req.query.page ?? 1)];
    if (page * size < all.length) {
      const next = new URL(req.originalUrl, this.url);
      next.searchParams.set("page", String(page + 1));
      res.setHeader("Link", `<${next}>; rel="next"`);
    }
    return all.slice((page - 1) * size, page * size);
  }
}

function validator() {
  return middleware({
    apiSpec: githubDocument(),
    $refParser: { mode: "dereference" },
    validateRequests: { allErrors: true },
    validateResponses: true,
    validateSecurity: false,
    fileUploader: false,
  });
}
