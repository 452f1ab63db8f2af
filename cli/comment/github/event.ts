import { z } from "zod";

/** What this command reads of the events that start a workflow (docs.github.com/webhooks/webhook-events-and-payloads). */

const sha = z.string().regex(/^[0-9a-f]{40,64}$/);
const number = z.int().positive();
const repository = z.object({ full_name: z.string() }).nullish();

const pullRequest = z.object({
  pull_request: z.object({
    number,
    head: z.object({ sha, repo: repository }),
    base: z.object({ repo: repository }),
  }),
});

/** A workflow that starts when another one has ended: its event holds the run of the other one. */
const workflowRun = z.object({
  workflow_run: z.object({
    workflow_id: z.int(),
    run_number: z.int(),
    run_attempt: z.int(),
    head_sha: sha,
    head_branch: z.string().nullish(),
    head_repository: z.object({ full_name: z.string(), owner: z.object({ login: z.string() }) }).nullish(),
    html_url: z.string(),
  }),
});

/** A comment on a pull request is a comment on an issue with this key. */
const issueComment = z.object({ issue: z.object({ number, pull_request: z.object({}).loose() }) });

export type GithubEvent =
  | { readonly kind: "pull request"; readonly number: number; readonly sha: string; readonly isFork: boolean }
  | { readonly kind: "workflow run"; readonly run: z.infer<typeof workflowRun>["workflow_run"] }
  | { readonly kind: "comment"; readonly number: number }
  /** No pull request: a push, a schedule, a start by hand. */
  | { readonly kind: "other" };

export type WorkflowRun = z.infer<typeof workflowRun>["workflow_run"];

/** Reads the parsed file of GITHUB_EVENT_PATH. */
export function readEvent(event: unknown): GithubEvent {
  const run = workflowRun.safeParse(event);
  if (run.success) {
    return { kind: "workflow run", run: run.data.workflow_run };
  }
  const pull = pullRequest.safeParse(event);
  if (pull.success) {
    const { number, head, base } = pull.data.pull_request;
    // The repository of a fork may be gone.
    return { kind: "pull request", number, sha: head.sha, isFork: head.repo?.full_name !== base.repo?.full_name };
  }
  const comment = issueComment.safeParse(event);
  return comment.success ? { kind: "comment", number: comment.data.issue.number } : { kind: "other" };
}
