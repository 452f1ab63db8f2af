import { NotRegularError, readRegularFile } from "../../../provider/bytes/regular-file";
import { errorMessage } from "../../../provider/error-message";
import { packageVersion } from "../../package-root";
import { commentLimit } from "../../preview/render/markdown";
import { httpFetch } from "../http-fetch";
import type { Patience } from "../keep-one";
import type { Run } from "../marker";
import { Misuse } from "../problem";
import type { Environment, Named, Target } from "../target";
import type { Thread } from "../thread";
import { type GithubEvent, readEvent } from "./event";
import { GithubIssues } from "./issues";
import { secondsOff } from "./limits";
import { connectGithub, type GithubApi } from "./octokit";
import { problemOf } from "./problems";
import { pullRequestOf } from "./pull-request";
import { GithubThread } from "./thread";

/** GitHub sends no larger events. */
const largestEvent = 25 * 1024 * 1024;

/** The pull request that the environment of a job on GitHub Actions names. Makes no call. */
export async function githubTarget(
  env: Environment,
  { pr, repo: named, issue }: Named,
  { clock, secondMs }: Patience,
): Promise<Target> {
  const event = await eventOf(env.GITHUB_EVENT_PATH);
  const { owner, repo } = repository(named ?? env.GITHUB_REPOSITORY);
  const token = env.GITHUB_TOKEN || undefined;
  if (issue !== undefined) {
    refuseForFork(event, `${owner}/${repo}`);
  }
  const open = async (): Promise<Thread | string> => {
    if (token === undefined) {
      throw new Misuse(
        "GITHUB_TOKEN is not set. Give this step the token of the job, github.token, in its environment.",
      );
    }
    const api = connectGithub({
      baseUrl: baseUrl(env.GITHUB_API_URL),
      token,
      userAgent: `pulumi-ica/${packageVersion()}`,
      fetch: httpFetch,
      secondsOff: (failure) => secondsOff(failure, clock.now()),
      secondMs,
    });
    if (issue !== undefined) {
      return new GithubIssues(api, { owner, repo, title: issue }, () => clock.now());
    }
    const found = await numberOf(api, event, { owner, repo, pr });
    if (typeof found === "string") {
      return found;
    }
    const isFork = event.kind === "pull request" && event.isFork;
    return new GithubThread(api, { owner, repo, number: found, isFork }, () => clock.now());
  };
  return { run: runOf(env, event), limit: commentLimit, hasToken: token !== undefined, open };
}

/**
 * The text and the stack of an issue come from the report alone. In a run for a fork, the fork's code made that report, so it
 * could write into the issue of any stack.
 */
function refuseForFork(event: GithubEvent, repo: string): void {
  const isFork =
    (event.kind === "pull request" && event.isFork) ||
    (event.kind === "workflow run" && event.run.head_repository?.full_name !== repo);
  if (isFork) {
    throw new Misuse(
      "--issue does not work in a run for a fork: the fork's code made the report. Use it in a run for a branch of this repository, such as a schedule.",
    );
  }
}

async function eventOf(file: string | undefined): Promise<GithubEvent> {
  if (file === undefined || file === "") {
    return { kind: "other" };
  }
  try {
    return readEvent(JSON.parse((await readRegularFile(file, largestEvent)).toString("utf8")));
  } catch (error) {
    if (error instanceof NotRegularError || error instanceof SyntaxError || isSystemError(error)) {
      throw new Misuse(`GITHUB_EVENT_PATH cannot be read: ${errorMessage(error)}`, { cause: error });
    }
    throw error;
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

function repository(name: string | undefined): { owner: string; repo: string } {
  const [, owner, repo] = /^([\w-][\w.-]*)\/(?=\.*[\w-])([\w.-]+)$/.exec(name ?? "") ?? [];
  if (owner !== undefined && repo !== undefined) {
    return { owner, repo };
  }
  throw new Misuse(
    name === undefined
      ? "No repository: name it with --repo owner/name, or set GITHUB_REPOSITORY."
      : "The repository must have the form owner/name (--repo, GITHUB_REPOSITORY).",
  );
}

function baseUrl(address: string | undefined): string {
  if (address === undefined || address === "") {
    return "https://api.github.com";
  }
  if (/^https?:\/\//.test(address) && URL.canParse(address)) {
    return address.replace(/\/$/, "");
  }
  throw new Misuse("GITHUB_API_URL must be a web address such as https://api.github.com");
}

/** The number of the pull request, or why there is none. */
async function numberOf(
  api: GithubApi,
  event: GithubEvent,
  { owner, repo, pr }: { owner: string; repo: string; pr: number | undefined },
): Promise<number | string> {
  if (event.kind === "workflow run") {
    const { run } = event;
    try {
      const sha = run.head_sha.slice(0, 7);
      const found = await pullRequestOf(api, { owner, repo, run, named: pr });
      return found ?? `no open pull request${pr === undefined ? "" : ` ${pr}`} has the head ${sha} any more`;
    } catch (error) {
      throw problemOf(
        error,
        {
          what: `find the pull request in ${owner}/${repo}`,
          isWrite: false,
          isFork: false,
          permission: "pull-requests",
        },
        0,
      );
    }
  }
  const number = pr ?? (event.kind === "other" ? undefined : event.number);
  if (number !== undefined) {
    return number;
  }
  throw new Misuse("This run is not one of a pull request. Name one with --pr, or run this command on: pull_request.");
}

/** Nothing of this comes from the report, which a hostile pull request may have written. */
function runOf(env: Environment, event: GithubEvent): Run {
  if (event.kind === "workflow run") {
    const { head_sha, run_number, run_attempt, workflow_id, html_url } = event.run;
    return { sha: head_sha, number: run_number, attempt: run_attempt, workflow: String(workflow_id), url: html_url };
  }
  const [number, attempt] = [whole(env.GITHUB_RUN_NUMBER), whole(env.GITHUB_RUN_ATTEMPT)];
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repo, GITHUB_RUN_ID: id } = env;
  // The path of the workflow, without the branch or tag behind it.
  const workflow = env.GITHUB_WORKFLOW_REF?.split("@")[0];
  return {
    ...(event.kind === "pull request" ? { sha: event.sha } : {}),
    ...(number === undefined ? {} : { number }),
    ...(attempt === undefined ? {} : { attempt }),
    ...(workflow === undefined ? {} : { workflow }),
    ...(server && repo && id ? { url: `${server}/${repo}/actions/runs/${id}` } : {}),
  };
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
