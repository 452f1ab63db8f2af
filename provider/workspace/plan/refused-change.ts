/** A change would stop a running workspace or lose its data, and the user has not allowed that. */
export class RefusedChange extends Error {
  override readonly name = "RefusedChange";
}
