import { z } from "zod";
import { failureOf, type GithubApi } from "./octokit";

/** Author of what the token of GitHub Actions writes. */
const actions = "github-actions[bot]";

const viewer = z.object({ viewer: z.object({ login: z.string() }) });
const user = z.object({ login: z.string() });

/**
 * The login under which the token writes. GraphQL knows it for every token, but some tokens and servers have no GraphQL.
 * `GET /user` refuses the tokens of apps, and that of GitHub Actions is the token of an app.
 */
export async function authorOf(api: GithubApi): Promise<string> {
  const known = await unlessRefused(() => api.graphql("{ viewer { login } }"));
  const asViewer = viewer.safeParse(known);
  if (asViewer.success) {
    return asViewer.data.viewer.login;
  }
  const asUser = user.safeParse(await unlessRefused(() => api.call("GET /user")));
  return asUser.success ? asUser.data.login : actions;
}

/** The answer; undefined where the server knows the token and refuses this call. */
async function unlessRefused(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    const status = failureOf(error)?.status;
    if (status === 403 || status === 404 || isGraphqlRefusal(error)) {
      return undefined;
    }
    throw error;
  }
}

/** GraphQL answers errors with status 200. */
function isGraphqlRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === "GraphqlResponseError";
}
