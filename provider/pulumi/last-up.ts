import { ConfigError } from "../config";
import { IcaError } from "../ica/transport/error";

/**
 * Which configuration this process works with. Pulumi configures a provider from the program's run, or, for a refresh and a
 * destroy that run no program, from the provider's record in the state: the configuration of the last `pulumi up`. What was set
 * since is not in that record, and the host does not say which of the two it passes on. Only a check tells: it comes from a program
 * that runs now.
 */
export class Run {
  #programRuns = false;

  /** A resource of the program is checked: the configuration is the one of today. */
  programRuns(): void {
    this.#programRuns = true;
  }

  /** Whether the configuration may be that of the last `pulumi up`. */
  get mayBeLastUp(): boolean {
    return !this.#programRuns;
  }
}

/** The run of this process; the handlers of all kinds of resources share it. */
export const thisRun = new Run();

/** What to do where a setting changed since the last `pulumi up`. */
const afterChange =
  'Pulumi refreshes and destroys with the configuration of the last "pulumi up": a setting that changed since does not count yet. ' +
  'If so, add --run-program to this command, or run "pulumi up" once without --refresh.';

/** The same for an error that such a change can explain; undefined for any other. */
export function adviceAfterChange(error: unknown): string | undefined {
  const reason = error instanceof Error && error.cause instanceof IcaError ? error.cause : error;
  if (reason instanceof ConfigError) return afterChange;
  return reason instanceof IcaError && isAboutSetting(reason) ? afterChange : undefined;
}

function isAboutSetting({ kind, status, call, isNotFound }: IcaError): boolean {
  return (
    kind === "unreachable" ||
    status === 401 ||
    call === "POST /api/tokens" ||
    (isNotFound && /^GET \/api\/projects\/[^/]+$/.test(call))
  );
}
