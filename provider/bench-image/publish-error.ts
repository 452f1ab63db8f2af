/** An image that cannot be published as declared. */
export class PublishError extends Error {
  override readonly name = "PublishError";
}
