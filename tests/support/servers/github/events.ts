import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { GithubServer } from "./server";

/** What GitHub Actions gives a job: the file with the event, and the environment variables. */

/** A run of a workflow. */
export interface RunOf {
  readonly number: number;
  readonly attempt?: number;
  readonly sha: string;
  /** The owner of the fork that the pull request comes from. Default: it comes from the repository itself. */
  readonly fork?: string;
}

/** The event of a push to a pull request. */
export function pullRequestEvent({ repo }: GithubServer, pull: number, { sha, fork }: RunOf): object {
  const head = { sha, ref: "topic", repo: { full_name: fork === undefined ? repo : `${fork}/stacks` } };
  return {
    action: "synchronize",
    number: pull,
    pull_request: { number: pull, head, base: { ref: "main", sha: "0".repeat(40), repo: { full_name: repo } } },
    repository: { full_name: repo },
  };
}

/** The event of a workflow that starts when the one that previewed has ended. It names no pull request for a fork. */
export function workflowRunEvent({ repo }: GithubServer, { number, attempt = 1, sha, fork }: RunOf): object {
  const owner = fork ?? repo.split("/")[0] ?? "";
  return {
    action: "completed",
    workflow_run: {
      id: 90_000 + number,
      workflow_id: 77,
      run_number: number,
      run_attempt: attempt,
      head_sha: sha,
      head_branch: "topic",
      head_repository: { full_name: `${owner}/stacks`, owner: { login: owner } },
      html_url: `https://github.com/${repo}/actions/runs/${90_000 + number}`,
      event: "pull_request",
      pull_requests: [],
    },
    repository: { full_name: repo },
  };
}

/**
 * Writes the event to a file in the folder, and returns the environment of a job for it. The token is that of GitHub
 * Actions; replace GITHUB_TOKEN for another account.
 */
export async function actionsEnvironment(
  github: GithubServer,
  folder: string,
  name: "pull_request" | "workflow_run",
  event: object,
  { number, attempt = 1 }: Pick<RunOf, "number" | "attempt">,
): Promise<Record<string, string>> {
  const file = path.join(folder, `event-${name}-${number}-${attempt}.json`);
  await writeFile(file, JSON.stringify(event));
  return {
    GITHUB_ACTIONS: "true",
    GITHUB_API_URL: github.url,
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_REPOSITORY: github.repo,
    GITHUB_EVENT_NAME: name,
    GITHUB_EVENT_PATH: file,
    GITHUB_RUN_ID: String(90_000 + number),
    GITHUB_RUN_NUMBER: String(number),
    GITHUB_RUN_ATTEMPT: String(attempt),
    GITHUB_WORKFLOW_REF: `${github.repo}/.github/workflows/preview.yml@refs/pull/7/merge`,
    GITHUB_TOKEN: github.token,
  };
}
