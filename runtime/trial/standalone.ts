import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { benchEnvironment, benchNamespace, webPrefix } from "../container/environment";

/** ICA's URL for a workspace on the public address (vendor's page about Bench). */
const publicIcaUrl = "https://ica.illumina.com/ica";

/** The environment of a workspace outside any ICA. */
export interface Standalone {
  /** Eight digits. */
  readonly number: string;
  /** The path under which Bench forwards requests, with slashes at both ends. */
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Opens nothing. Hide it in output, like a real key. */
  readonly apiKey: string;
}

/**
 * Generates what ICA would give a workspace.
 *
 * @param host the public host that the workspace gets; receives its number
 */
export function standalone(
  { access, restricted }: { access: { web: boolean; console: boolean }; restricted: boolean },
  host: string,
  number: string = newNumber(),
): Standalone {
  const apiKey = randomBytes(24).toString("base64url");
  const environment = benchEnvironment({
    ...{ benchHost: host, icaUrl: publicIcaUrl, projectId: randomUUID(), namespace: benchNamespace },
    ...{ number, access, restricted, apiKey },
  });
  return { number, path: `/${webPrefix(benchNamespace, number)}/`, environment, apiKey };
}

/** A number for a new workspace. */
export function newNumber(): string {
  return String(randomInt(10_000_000, 100_000_000));
}
