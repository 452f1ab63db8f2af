import { z } from "zod";
import { CommentError, Misuse } from "../problem";
import type { WorkflowRun } from "./event";
import type { GithubApi } from "./octokit";

const pull = z.object({
  number: z.int().positive(),
  state: z.string(),
  head: z.object({ sha: z.string(), repo: z.object({ full_name: z.string() }).nullish() }),
});

/** A search for the pull request of a workflow's run. */
export interface Asked {
  readonly owner: string;
  readonly repo: string;
  readonly run: WorkflowRun;
  /** The number that `--pr` names. */
  readonly named: number | undefined;
}

/**
 * The open pull request whose head is the commit that a run previewed; undefined when there is none any more.
 *
 * A run for a fork is made by code of that fork, so no number in its files or artifacts can be trusted: it could name
 * another pull request. The event's commit and branch come from GitHub. So `--pr` is checked against them, and without it
 * GitHub is asked.
 */
export async function pullRequestOf(api: GithubApi, { owner, repo, run, named }: Asked): Promise<number | undefined> {
  const from = run.head_repository?.full_name;
  const isIts = ({ state, head }: z.infer<typeof pull>) =>
    state === "open" && head.sha === run.head_sha && head.repo?.full_name === from;
  if (named !== undefined) {
    const found = pull.safeParse(await api.call("GET /repos/{owner}/{repo}/pulls/{named}", { owner, repo, named }));
    if (!found.success) {
      throw new CommentError("GitHub's answer about the pull request does not have the documented form.");
    }
    return isIts(found.data) ? named : undefined;
  }
  if (run.head_repository == null || run.head_branch == null) {
    return undefined;
  }
  const head = `${run.head_repository.owner.login}:${run.head_branch}`;
  const all = await api.all("GET /repos/{owner}/{repo}/pulls", { owner, repo, state: "open", head });
  const [found, ...others] = z.array(pull).parse(all).filter(isIts);
  if (others.length > 0) {
    const numbers = [found, ...others].map((each) => each?.number).join(", ");
    throw new Misuse(
      `The commit ${run.head_sha} is the head of several pull requests (${numbers}). Name one with --pr.`,
    );
  }
  return found?.number;
}
