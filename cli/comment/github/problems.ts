import { cut, withoutFullStop } from "../../../provider/error-message";
import { CommentError, NotNow, TooLong } from "../problem";
import { limitedMs } from "./limits";
import { failureOf, type GithubFailure } from "./octokit";

/** Where a call went, for its error. */
export interface Called {
  /** What the call does: `comment on pull request 7 of team/stacks`. */
  readonly what: string;
  readonly isWrite: boolean;
  /** Whether the pull request comes from a fork, if that is known. */
  readonly isFork: boolean;
  /** The permission that a token of GitHub Actions needs for it. */
  readonly permission: "pull-requests" | "issues";
}

/** The error for a failed call; its message ends in what to do. Errors that are not GitHub's answers stay unchanged. */
export function problemOf(error: unknown, called: Called, now: number): unknown {
  const failure = failureOf(error);
  if (failure === undefined) {
    return error;
  }
  const said = `Cannot ${called.what}: ${answer(failure)}`;
  const limited = limitedMs(failure, now);
  if (limited !== undefined) {
    const seconds = Math.ceil(limited / 1000);
    const words = `${said}. The rate limit ends in ${seconds} s: run this job again then.`;
    return called.isWrite ? new NotNow(words, limited) : new CommentError(words);
  }
  if (failure.status >= 500) {
    const words = `${said}. Run this job again.`;
    return called.isWrite ? new NotNow(words, undefined) : new CommentError(words);
  }
  if (failure.status === 422 && called.isWrite) {
    return new TooLong(`${said}.`);
  }
  const advice = adviceOn(failure, called);
  return new CommentError(advice === undefined ? `${said}.` : `${said}. ${advice}`);
}

function answer({ status, message, headers }: GithubFailure): string {
  // Octokit puts the address of GitHub's page behind GitHub's words.
  const words = cut(withoutFullStop(message.replace(/ - https:\/\/\S*$/, "")), 300);
  // Octokit gives an error without an answer the status 500.
  return Object.keys(headers).length === 0 ? words : `GitHub answered ${status}: ${words}`;
}

function adviceOn({ status, message }: GithubFailure, { isFork, permission }: Called): string | undefined {
  if (status === 401) {
    return "GITHUB_TOKEN is not valid, or no longer.";
  }
  if (status === 403 && /not accessible by (?:integration|personal access token)/i.test(message)) {
    return isFork
      ? "The pull request comes from a fork, so the token may only read. Do not run this command for forks: docs/pull-requests.md shows what they get instead."
      : `Give the job that comments \`permissions: ${permission}: write\`. Runs for forks and for Dependabot never get it.`;
  }
  if (status === 403 && /locked/i.test(message)) {
    return "Unlock the conversation of the pull request.";
  }
  if (status === 404 || status === 410) {
    return "Check --repo and --pr. GITHUB_TOKEN must be allowed to see the repository and its pull requests.";
  }
  return undefined;
}
