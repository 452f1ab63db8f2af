/** The comments of one pull request or merge request, as `ica-bench comment` needs them. */

/** A comment on the server. */
export interface Posted {
  /** A later comment has a higher id. */
  readonly id: number;
  readonly body: string;
  /** Address of the comment, for people. */
  readonly url: string;
  /** Whether a user minimised it. */
  readonly hidden: boolean;
}

/**
 * GitHub or GitLab. A write throws `TooLong` when the server finds the text too long, and `NotNow` when the server may do
 * it later; all other failures are a `CommentError`. Reads repeat themselves.
 */
export interface Thread {
  /** The comments that the token's own user wrote and that `isWanted` accepts by their text, of all pages, oldest first. */
  find(isWanted: (body: string) => boolean): Promise<Posted[]>;
  /** The comment's text as it is now; undefined when the comment is gone. */
  read(id: number): Promise<string | undefined>;
  create(body: string): Promise<Posted>;
  /** Replaces the text. Returns undefined when the comment is gone. */
  update(id: number, body: string): Promise<Posted | undefined>;
  /** Deletes a comment. One that is gone already is fine. */
  remove(id: number): Promise<void>;
}
