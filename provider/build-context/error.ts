/** A build's files cannot be built or hashed; `property` is where the user declared them. */
export class ContextError extends Error {
  override readonly name = "ContextError";
  constructor(
    readonly property:
      | "build.context"
      | "build.dockerfile"
      | "build.args"
      | "build.target"
      | "build.triggers"
      | "build.secrets"
      | "build.ssh"
      | "build.labels",
    message: string,
  ) {
    super(message);
  }
}
