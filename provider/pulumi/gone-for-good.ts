import { IcaError } from "../ica/transport/error";

/** The error of a deletion. If ICA could not be reached, it adds what to do when ICA will never answer again. */
export function deletionError(error: unknown, urn: string | undefined): unknown {
  if (!(error instanceof IcaError) || error.kind !== "unreachable") {
    return error;
  }
  const which = urn === undefined ? "URN" : `'${urn}'`;
  const hint = `Only where this ICA is gone for good: "pulumi state delete ${which}" lets the stack forget what was in it.`;
  return new Error(`${error.message} ${hint}`, { cause: error });
}
