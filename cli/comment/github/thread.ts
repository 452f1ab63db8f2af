import { z } from "zod";
import { CommentError } from "../problem";
import type { Posted, Thread } from "../thread";
import { authorOf } from "./author";
import { failureOf, type GithubApi } from "./octokit";
import { problemOf } from "./problems";

/** A pull request. */
export interface PullRequest {
  readonly owner: string;
  readonly repo: string;
  readonly number: number;
  readonly isFork: boolean;
}

const comment = z.object({
  id: z.int(),
  node_id: z.string(),
  html_url: z.string(),
  body: z.string().nullish(),
  user: z.object({ login: z.string() }).nullish(),
  /** Absent on GitHub Enterprise Server before 3.19. */
  minimized: z.object({}).loose().nullish(),
});
type Comment = z.infer<typeof comment>;

const minimized = z.object({ node: z.object({ isMinimized: z.boolean() }) });

const list = "/repos/{owner}/{repo}/issues/{number}/comments";
const single = "/repos/{owner}/{repo}/issues/comments/{id}";

/** The comments of a pull request on GitHub. */
export class GithubThread implements Thread {
  readonly #api: GithubApi;
  readonly #pull: PullRequest;
  readonly #now: () => number;
  #author: Promise<string> | undefined;

  constructor(api: GithubApi, pull: PullRequest, now: () => number = Date.now) {
    this.#api = api;
    this.#pull = pull;
    this.#now = now;
  }

  async find(isWanted: (body: string) => boolean): Promise<Posted[]> {
    const author = (await this.#me()).toLowerCase();
    const all = await this.#do("read the comments", false, () => this.#api.all(`GET ${list}`, this.#place()));
    const mine = all
      .map((each) => this.#parse(each))
      .filter(({ user, body }) => user?.login.toLowerCase() === author && isWanted(body ?? ""));
    return Promise.all(mine.map(async (each) => posted(each, await this.#isMinimized(each))));
  }

  async read(id: number): Promise<string | undefined> {
    const found = await this.#orGone("read a comment", false, () => this.#api.call(`GET ${single}`, this.#place(id)));
    return found === gone ? undefined : (this.#parse(found).body ?? "");
  }

  async create(body: string): Promise<Posted> {
    const made = await this.#do("comment", true, () => this.#api.call(`POST ${list}`, { ...this.#place(), body }));
    return posted(this.#parse(made), false);
  }

  async update(id: number, body: string): Promise<Posted | undefined> {
    const values = { ...this.#place(id), body };
    const found = await this.#orGone("update the comment", true, () => this.#api.call(`PATCH ${single}`, values));
    return found === gone ? undefined : posted(this.#parse(found), false);
  }

  async remove(id: number): Promise<void> {
    await this.#orGone("delete a duplicate", true, () => this.#api.call(`DELETE ${single}`, this.#place(id)));
  }

  #me(): Promise<string> {
    this.#author ??= this.#do("find this token's comments", false, () => authorOf(this.#api));
    return this.#author;
  }

  async #isMinimized({ minimized: said, node_id }: Comment): Promise<boolean> {
    if (said !== undefined) {
      return said !== null;
    }
    const query = "query ($id: ID!) { node(id: $id) { ... on IssueComment { isMinimized } } }";
    // A server that does not answer this has no hidden comments either, or does not say which.
    const answer = await this.#api.graphql(query, { id: node_id }).catch(() => undefined);
    return minimized.safeParse(answer).data?.node.isMinimized ?? false;
  }

  #place(id?: number): Record<string, string | number> {
    const { owner, repo, number } = this.#pull;
    return id === undefined ? { owner, repo, number } : { owner, repo, id };
  }

  async #do<T>(what: string, isWrite: boolean, call: () => Promise<T>): Promise<T> {
    const { owner, repo, number, isFork } = this.#pull;
    try {
      return await call();
    } catch (error) {
      const whole = `${what} on pull request ${number} of ${owner}/${repo}`;
      throw problemOf(error, { what: whole, isWrite, isFork, permission: "pull-requests" }, this.#now());
    }
  }

  /** For calls about one comment: 404 means that it is gone. */
  #orGone(what: string, isWrite: boolean, call: () => Promise<unknown>): Promise<unknown> {
    return this.#do(what, isWrite, () =>
      call().catch((error: unknown) => {
        if (failureOf(error)?.status === 404) {
          return gone;
        }
        throw error;
      }),
    );
  }

  #parse(value: unknown): Comment {
    const { success, data, error } = comment.safeParse(value);
    if (success) {
      return data;
    }
    throw new CommentError(
      `GitHub's answer does not have the documented form (${z.prettifyError(error).split("\n")[0]}). Check GITHUB_API_URL.`,
    );
  }
}

const gone = Symbol("gone");

function posted({ id, html_url, body }: Comment, hidden: boolean): Posted {
  return { id, url: html_url, body: body ?? "", hidden };
}
