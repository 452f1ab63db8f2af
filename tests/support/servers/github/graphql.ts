import { z } from "zod";
import type { Account, StoredComment } from "./answers";

const question = z.object({ query: z.string(), variables: z.object({ id: z.string() }).partial().optional() });

/**
 * Answers the two questions that this project asks GitHub's GraphQL: who the token belongs to, and whether a comment is
 * minimised. A question in other words gets an error, as an unknown field does.
 */
export function graphql(body: unknown, account: Account, comments: readonly StoredComment[]): unknown {
  const { query, variables } = question.parse(body);
  const words = query.replace(/\s+/g, " ").trim();
  if (/^(?:query )?\{ viewer \{ login \} \}$/.test(words)) return { data: { viewer: { login: account.login } } };
  if (
    words === "query ($id: ID!) { node(id: $id) { ... on IssueComment { isMinimized } } }" &&
    variables?.id !== undefined
  ) {
    const comment = comments.find(({ id }) => `IC_${id}` === variables.id);
    if (comment === undefined) return failed(`Could not resolve to a node with the global id of '${variables.id}'`);
    return { data: { node: { isMinimized: comment.minimized !== undefined } } };
  }
  return failed(`Field doesn't exist in: ${words}`);
}

function failed(message: string): unknown {
  return { data: null, errors: [{ type: "NOT_FOUND", message, locations: [{ line: 1, column: 1 }] }] };
}
