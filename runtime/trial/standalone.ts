import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { benchEnvironment, NAMESPACE, webPrefix } from "../container/environment";

/** Where ICA is for a workspace on the public address (vendor's page on Bench). */
const ICA_URL = "https://ica.illumina.com/ica";

/** The surroundings of a workspace of which no ICA knows. */
export interface Standalone {
  /** Eight digits. */
  readonly number: string;
  /** The path under which Bench hands requests on, with slashes at both ends. */
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Opens nothing; to be blanked in what is shown, as a real one would be. */
  readonly apiKey: string;
}

/**
 * Makes up what ICA would give a workspace.
 *
 * @param host what it is told to be its public host; gets its number
 */
export function standalone(
  { access, restricted }: { access: { web: boolean; console: boolean }; restricted: boolean },
  host: string,
  number: string = newNumber(),
): Standalone {
  const apiKey = randomBytes(24).toString("base64url");
  const environment = benchEnvironment({
    ...{ benchHost: host, icaUrl: ICA_URL, projectId: randomUUID(), namespace: NAMESPACE },
    ...{ number, access, restricted, apiKey },
  });
  return { number, path: `/${webPrefix(NAMESPACE, number)}/`, environment, apiKey };
}

/** The number of a new workspace. */
export function newNumber(): string {
  return String(randomInt(10_000_000, 100_000_000));
}
