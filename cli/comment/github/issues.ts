import { z } from "zod";
import { CommentError } from "../problem";
import type { Posted, Thread } from "../thread";
import { authorOf } from "./author";
import { failureOf, type GithubApi } from "./octokit";
import { problemOf } from "./problems";

/** Where issues go, and the title of a new one. */
export interface Issues {
  readonly owner: string;
  readonly repo: string;
  readonly title: string;
}

const issue = z.object({
  number: z.int(),
  html_url: z.string(),
  state: z.string(),
  body: z.string().nullish(),
  user: z.object({ login: z.string() }).nullish(),
  /** GitHub lists pull requests as issues, too. */
  pull_request: z.unknown().optional(),
});
type Issue = z.infer<typeof issue>;

const list = "/repos/{owner}/{repo}/issues";
const single = "/repos/{owner}/{repo}/issues/{id}";

/**
 * The open issues of a repository, as a thread whose comments are the issues: one issue of a stack is kept by the same
 * rules as one comment. To remove an issue is to close it.
 */
export class GithubIssues implements Thread {
  constructor(
    private readonly api: GithubApi,
    private readonly issues: Issues,
    private readonly now: () => number = Date.now,
  ) {}

  async find(isWanted: (body: string) => boolean): Promise<Posted[]> {
    const author = await this.#do("ask whose token this is", false, () => authorOf(this.api));
    const all = await this.#do("read the issues", false, () =>
      this.api.all(`GET ${list}`, { ...this.#place(), state: "open" }),
    );
    return all
      .map((each) => this.#parse(each))
      .filter(({ pull_request }) => pull_request === undefined)
      .filter(({ user, body }) => user?.login.toLowerCase() === author.toLowerCase() && isWanted(body ?? ""))
      .map(posted);
  }

  async read(id: number): Promise<string | undefined> {
    const found = await this.#one("read the issue", false, id, (values) => this.api.call(`GET ${single}`, values));
    return found?.state === "open" ? (found.body ?? "") : undefined;
  }

  async create(body: string): Promise<Posted> {
    const values = { ...this.#place(), title: this.issues.title, body };
    return posted(this.#parse(await this.#do("open an issue", true, () => this.api.call(`POST ${list}`, values))));
  }

  async update(id: number, body: string): Promise<Posted | undefined> {
    const found = await this.#one("update the issue", true, id, (values) =>
      this.api.call(`PATCH ${single}`, { ...values, body }),
    );
    // It keeps the text of a closed one: a person has closed it in the meantime.
    return found?.state === "open" ? posted(found) : undefined;
  }

  async remove(id: number): Promise<void> {
    await this.#one("close the issue", true, id, (values) =>
      this.api.call(`PATCH ${single}`, { ...values, state: "closed", state_reason: "completed" }),
    );
  }

  /** A call about one issue; undefined when it is gone. */
  async #one(
    what: string,
    isWrite: boolean,
    id: number,
    call: (values: Record<string, string | number>) => Promise<unknown>,
  ): Promise<Issue | undefined> {
    const found = await this.#do(what, isWrite, () =>
      call({ ...this.#place(), id }).catch((error: unknown) => {
        const status = failureOf(error)?.status;
        if (status === 404 || status === 410) {
          return undefined;
        }
        throw error;
      }),
    );
    return found === undefined ? undefined : this.#parse(found);
  }

  #place(): { owner: string; repo: string } {
    const { owner, repo } = this.issues;
    return { owner, repo };
  }

  async #do<T>(what: string, isWrite: boolean, call: () => Promise<T>): Promise<T> {
    const { owner, repo } = this.issues;
    try {
      return await call();
    } catch (error) {
      throw problemOf(
        error,
        { what: `${what} in ${owner}/${repo}`, isWrite, isFork: false, permission: "issues" },
        this.now(),
      );
    }
  }

  #parse(value: unknown): Issue {
    const { success, data, error } = issue.safeParse(value);
    if (success) {
      return data;
    }
    throw new CommentError(
      `GitHub's answer does not have the documented form (${z.prettifyError(error).split("\n")[0]}). Check GITHUB_API_URL.`,
    );
  }
}

function posted({ number, html_url, body }: Issue): Posted {
  return { id: number, url: html_url, body: body ?? "", hidden: false };
}
