/** The image cannot be published as declared. */
export class PublishError extends Error {
  override readonly name = "PublishError";
}
