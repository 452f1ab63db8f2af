import { readFileSync } from "node:fs";
import { z } from "zod";
import { type Run, run } from "./report/report";

/**
 * The run of a pipeline, as GitHub Actions (docs.github.com, "Variables") and GitLab ("Predefined CI/CD variables") describe it
 * in the environment. A part that is missing or of another form is left out.
 */
export function runOf(env: Readonly<Record<string, string | undefined>>): Run {
  const onGitHub = env.GITHUB_RUN_ID !== undefined;
  return clean(onGitHub ? github(env) : gitlab(env));
}

type Env = Readonly<Record<string, string | undefined>>;
interface Said {
  readonly sha?: string | undefined;
  readonly number?: string | undefined;
  readonly attempt?: string | undefined;
  readonly url?: string | undefined;
}

function github(env: Env): Said {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = env;
  return {
    // For a pull request GITHUB_SHA is a merge commit that only exists for the run.
    sha: headSha(env.GITHUB_EVENT_PATH) ?? env.GITHUB_SHA,
    number: env.GITHUB_RUN_NUMBER ?? id,
    attempt: env.GITHUB_RUN_ATTEMPT,
    url: server === undefined || repository === undefined ? undefined : `${server}/${repository}/actions/runs/${id}`,
  };
}

function gitlab(env: Env): Said {
  return {
    sha: env.CI_MERGE_REQUEST_SOURCE_BRANCH_SHA || env.CI_COMMIT_SHA,
    number: env.CI_PIPELINE_IID,
    url: env.CI_JOB_URL ?? env.CI_PIPELINE_URL,
  };
}

const pullRequest = z.looseObject({ pull_request: z.looseObject({ head: z.looseObject({ sha: z.string() }) }) });

function headSha(eventPath: string | undefined): string | undefined {
  if (eventPath === undefined || eventPath === "") {
    return undefined;
  }
  try {
    return pullRequest.safeParse(JSON.parse(readFileSync(eventPath, "utf8"))).data?.pull_request.head.sha;
  } catch {
    return undefined;
  }
}

function clean({ sha, number, attempt, url }: Said): Run {
  const whole = (text: string | undefined) =>
    text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  const parts: readonly Run[] = [
    { sha: sha?.toLowerCase() },
    { number: whole(number) },
    { attempt: whole(attempt) },
    { url },
  ];
  return Object.assign({}, ...parts.map((part) => withoutUndefined(run.safeParse(part).data ?? {})));
}

function withoutUndefined(part: Run): Run {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined));
}
