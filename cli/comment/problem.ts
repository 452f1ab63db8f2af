/** Ways in which a comment cannot be written. */

/** An option, a setting or the file is wrong. The same call would fail again. */
export class Misuse extends Error {
  override readonly name = "Misuse";
}

/** The comment is not up to date, and trying again at once would not help. */
export class CommentError extends Error {
  override readonly name = "CommentError";
}

/** The server did not take the text: it is too long for it. */
export class TooLong extends Error {
  override readonly name = "TooLong";
}

/** The server could not do it now. What the call did is unknown, so look again before writing again. */
export class NotNow extends Error {
  override readonly name = "NotNow";
  constructor(
    message: string,
    /** Milliseconds that the server wants to be left alone, if it says so. */
    readonly waitMs: number | undefined,
  ) {
    super(message);
  }
}
