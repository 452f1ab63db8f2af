import { ConfigError } from "../config";
import { errorMessage } from "../error-message";
import { IcaError } from "../ica/transport/error";

/**
 * Tracks which configuration this process uses. Pulumi takes a provider's configuration from the program's run. A refresh or
 * destroy that runs no program takes it from the provider's record in the state, which holds the configuration of the last
 * `pulumi up`. That record misses later changes, and the host does not say which of the two it passes on. Only a check
 * proves that the configuration is current, since it comes from a program that runs now.
 */
export class Run {
  #programRuns = false;

  /** Called when a resource of the program is checked: the configuration is current. */
  programRuns(): void {
    this.#programRuns = true;
  }

  /** Whether the configuration may be from the last `pulumi up`. */
  get mayBeLastUp(): boolean {
    return !this.#programRuns;
  }
}

/** The run of this process, shared by the handlers of all resource types. */
export const thisRun = new Run();

/** What to do when a setting has changed since the last `pulumi up`. */
const afterChange =
  'Pulumi refreshes and destroys with the configuration of the last "pulumi up": a setting that changed since does not count yet. ' +
  'If so, add --run-program to this command, or run "pulumi up" once without --refresh.';

/** The message of an error, with advice if it may come of a configuration that is no longer current. */
export function messageWithAdvice(error: unknown, run: Run): string {
  const advice = run.mayBeLastUp ? adviceAfterChange(error) : undefined;
  return advice === undefined ? errorMessage(error) : `${errorMessage(error)} ${advice}`;
}

/** The advice for an error that such a change can explain; undefined for any other error. */
function adviceAfterChange(error: unknown): string | undefined {
  const reason = error instanceof Error && error.cause instanceof IcaError ? error.cause : error;
  if (reason instanceof ConfigError) {
    return afterChange;
  }
  return reason instanceof IcaError && reason.kind !== "aborted" && isAboutSetting(reason) ? afterChange : undefined;
}

function isAboutSetting({ kind, status, call, isNotFound }: IcaError): boolean {
  return (
    kind === "unreachable" ||
    status === 401 ||
    call === "POST /api/tokens" ||
    (isNotFound && /^GET \/api\/projects\/[^/]+$/.test(call))
  );
}
