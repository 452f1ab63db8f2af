import type { Run } from "./marker";
import type { Thread } from "./thread";

/** Where a comment goes: what GitHub and GitLab have in common. */

/** What the command line may say. Everything else comes from the environment. */
export interface Named {
  /** Number of the pull request or merge request. */
  readonly pr?: number;
  /** `owner/name` on GitHub; id or path of the project on GitLab. */
  readonly repo?: string;
  /** Title of the issue that takes the place of a comment. GitHub only. */
  readonly issue?: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A place that comments can go to, as far as it is known without a call. */
export interface Target {
  readonly run: Run;
  /** Largest number of bytes of a comment. */
  readonly limit: number;
  /** Whether the environment has a token. */
  readonly hasToken: boolean;
  /** The comments; the reason as text when there is no open pull request to comment on. Throws without a token. */
  open(): Promise<Thread | string>;
}
