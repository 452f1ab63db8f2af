import type { Response } from "express";

/** Answers in GitHub's form, with every field that its document requires. */

/** An account that holds a token. */
export interface Account {
  readonly login: string;
  /** `Bot` for an app, such as github-actions[bot], whose token `GET /user` refuses. */
  readonly type: "User" | "Bot";
  /** False for the token of a run for a fork's pull request. */
  readonly mayWrite: boolean;
}

export interface StoredComment {
  readonly id: number;
  readonly issue: number;
  readonly author: string;
  body: string;
  /** Why a person hid it; undefined while it shows. */
  minimized?: string;
  /** How often it was edited. */
  edits: number;
}

export interface StoredPull {
  readonly number: number;
  readonly state: "open" | "closed";
  readonly head: { readonly sha: string; readonly ref: string; readonly owner: string };
  readonly base: string;
}

const time = "2026-01-02T03:04:05Z";

/** An error's body. */
export function refusal(message: string, more: Readonly<Record<string, unknown>> = {}) {
  return { message, documentation_url: "https://docs.github.com/rest", ...more };
}

/** The account as it stands in other answers. */
export function userOf(login: string, api: string) {
  const url = `${api}/users/${encodeURIComponent(login)}`;
  const id = [...login].reduce((sum, sign) => (sum * 31 + sign.charCodeAt(0)) % 1_000_003, 7);
  return {
    login,
    id,
    node_id: `U_${id}`,
    avatar_url: `https://avatars.githubusercontent.com/u/${id}`,
    gravatar_id: "",
    url,
    html_url: `https://github.com/${encodeURIComponent(login)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following`,
    gists_url: `${url}/gists`,
    starred_url: `${url}/starred`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    received_events_url: `${url}/received_events`,
    type: login.endsWith("[bot]") ? "Bot" : "User",
    site_admin: false,
  };
}

/** The answer of `GET /user`. */
export function profileOf(login: string, api: string) {
  return {
    ...userOf(login, api),
    name: null,
    company: null,
    blog: "",
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: time,
    updated_at: time,
  };
}

/** A comment; `hasMinimized` is false for servers that do not say it in REST calls (GitHub Enterprise Server before 3.19). */
export function commentOf(comment: StoredComment, repo: string, api: string, hasMinimized: boolean) {
  const { id, issue, author, body, minimized } = comment;
  return {
    id,
    node_id: `IC_${id}`,
    url: `${api}/repos/${repo}/issues/comments/${id}`,
    html_url: `https://github.com/${repo}/pull/${issue}#issuecomment-${id}`,
    issue_url: `${api}/repos/${repo}/issues/${issue}`,
    body,
    user: userOf(author, api),
    created_at: time,
    updated_at: time,
    author_association: "NONE",
    performed_via_github_app: null,
    ...(hasMinimized ? { minimized: minimized === undefined ? null : { reason: minimized } } : {}),
  };
}

/** What this project reads of a pull request. The rest of GitHub's answer is left out, so it is not validated. */
export function pullOf({ number, state, head, base }: StoredPull, repo: string) {
  const name = repo.split("/")[1] ?? "";
  return {
    number,
    state,
    head: { sha: head.sha, ref: head.ref, repo: { full_name: `${head.owner}/${name}`, owner: { login: head.owner } } },
    base: { ref: base, repo: { full_name: repo } },
  };
}

/** Sends a part of GitHub's answer, past the validator, which would miss the rest. */
export function plain(res: Response, body: unknown): void {
  res.setHeader("Content-Type", "application/json; charset=utf-8");
  res.end(JSON.stringify(body));
}
