import type { Express, Request, Response } from "express";
import { type Account, plain, refusal, userOf } from "./answers";

export interface StoredIssue {
  readonly number: number;
  readonly author: string;
  readonly title: string;
  body: string;
  state: "open" | "closed";
  /** GitHub lists pull requests as issues, too. */
  readonly isPull?: boolean;
}

const list = "/repos/{owner}/{repo}/issues";
const single = `${list}/{issue_number}`;

/** What the routes need of the server. */
interface Server {
  readonly issues: StoredIssue[];
  readonly repo: string;
  url(): string;
  caller(req: Request): Account;
  mayWrite(req: Request, res: Response): boolean;
  page<T>(req: Request, res: Response, all: readonly T[]): T[];
}

/** Serves the issues of the repository. */
export function serveIssues(app: Express, server: Server): void {
  const { issues, repo } = server;
  const served = (path: string) => path.replace(/\{(\w+)\}/g, ":$1");
  const shape = ({ number, author, isPull, ...rest }: StoredIssue) => ({
    ...rest,
    number,
    html_url: `https://github.com/${repo}/issues/${number}`,
    user: userOf(author, server.url()),
    ...(isPull === true ? { pull_request: {} } : {}),
  });
  const find = (req: Request, res: Response) => {
    const found = issues.find(({ number }) => number === Number(req.params.issue_number));
    if (found === undefined) plain(res.status(404), refusal("Not Found"));
    return found;
  };
  app.get(served(list), (req, res) => {
    const { state = "open" } = req.query;
    const found = issues.filter((each) => state === "all" || each.state === state);
    plain(res, server.page(req, res, found).map(shape));
  });
  app.post(served(list), (req, res) => {
    if (!server.mayWrite(req, res)) return;
    const number = 100 + issues.length;
    const { title, body } = req.body;
    issues.push({ number, author: server.caller(req).login, title, body, state: "open" });
    const made = issues.at(-1);
    if (made !== undefined) plain(res.status(201), shape(made));
  });
  app.get(served(single), (req, res) => {
    const found = find(req, res);
    if (found !== undefined) plain(res, shape(found));
  });
  app.patch(served(single), (req, res) => {
    const found = server.mayWrite(req, res) ? find(req, res) : undefined;
    if (found === undefined) return;
    found.body = req.body.body ?? found.body;
    found.state = req.body.state ?? found.state;
    plain(res, shape(found));
  });
}
