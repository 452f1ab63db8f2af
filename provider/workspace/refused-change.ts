/** A change that would stop a running workspace, or lose its data, without the user's word that this is meant. */
export class RefusedChange extends Error {
  override readonly name = "RefusedChange";
}
