import type { Patience } from "../keep-one";
import type { Run } from "../marker";
import { Misuse } from "../problem";
import type { Environment, Named, Target } from "../target";
import { GitlabThread } from "./thread";

/** The largest note that GitLab takes, in characters, which are never more than its bytes (docs.gitlab.com/administration/instance_limits). */
const limit = 1_000_000;

/** The merge request that the environment of a job on GitLab names. Makes no call. */
export function gitlabTarget(env: Environment, { pr, repo }: Named, { clock }: Patience): Target {
  const api = env.CI_API_V4_URL?.replace(/\/$/, "");
  const project = repo ?? env.CI_PROJECT_ID;
  const iid = pr ?? whole(env.CI_MERGE_REQUEST_IID);
  const token = env.GITLAB_TOKEN || undefined;
  return {
    run: runOf(env),
    limit,
    hasToken: token !== undefined,
    open: async () => {
      if (token === undefined) {
        throw new Misuse(
          "GITLAB_TOKEN is not set. Put a project access token with the scope api into a masked variable.",
        );
      }
      if (api === undefined || !/^https?:\/\//.test(api) || !URL.canParse(api)) {
        throw new Misuse("CI_API_V4_URL must be the address of GitLab's API, such as https://gitlab.com/api/v4");
      }
      if (project === undefined) {
        throw new Misuse("No project: name it with --repo, or set CI_PROJECT_ID.");
      }
      if (iid === undefined) {
        throw new Misuse(
          "This pipeline is not one of a merge request. Name one with --pr, or run the job in merge request pipelines.",
        );
      }
      const page = env.CI_PROJECT_URL === undefined ? undefined : `${env.CI_PROJECT_URL}/-/merge_requests/${iid}`;
      return new GitlabThread({ api, token, project, iid, page }, clock);
    },
  };
}

/** A later pipeline of a project has a higher CI_PIPELINE_IID; a job that is run again has a higher CI_JOB_ID. */
function runOf(env: Environment): Run {
  const [number, attempt] = [whole(env.CI_PIPELINE_IID), whole(env.CI_JOB_ID)];
  // In a pipeline for the merged result, CI_COMMIT_SHA is a commit that people do not know.
  const sha = env.CI_MERGE_REQUEST_SOURCE_BRANCH_SHA || env.CI_COMMIT_SHA;
  return {
    ...(sha !== undefined && /^[0-9a-f]{7,64}$/.test(sha) ? { sha } : {}),
    ...(number === undefined ? {} : { number }),
    ...(attempt === undefined ? {} : { attempt }),
    ...(env.CI_JOB_URL === undefined ? {} : { url: env.CI_JOB_URL }),
  };
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
