import { type Config, missingProject } from "../../provider/config";
import type { Clock } from "../../provider/handler";
import { IcaClient } from "../../provider/ica/client";
import type { DataFormat } from "../../provider/ica/data-formats";
import type { DockerImage } from "../../provider/ica/docker-images";
import { IcaError } from "../../provider/ica/transport/error";
import { type Workspace, WorkspaceApiMissing } from "../../provider/ica/workspaces";
import type { Outcome } from "./assumptions";
import type { FoundDocument } from "./find-document";

/** Doctor cannot check this ICA: the configuration is wrong, or the host cannot be reached. */
export class CannotCheck extends Error {
  override readonly name = "CannotCheck";
}

/** One read-only call and its outcome. */
export interface CallSeen {
  readonly call: string;
  readonly outcome: Outcome;
  readonly why: string;
}

/** How the workspace calls answered. */
type WorkspacesSeen =
  /** `problem`: ICA serves the list, but not in the assumed form. */
  | { readonly kind: "served"; readonly list: readonly Workspace[]; readonly problem: string | undefined }
  | { readonly kind: "missing"; readonly why: string }
  | { readonly kind: "unknown"; readonly why: string };

/** All facts that doctor gathered about an ICA. */
export interface Facts {
  readonly baseUrl: string;
  /** Name and release that the platform reports. */
  readonly system: string | undefined;
  readonly calls: readonly CallSeen[];
  readonly formats: readonly DataFormat[] | undefined;
  readonly images: readonly DockerImage[] | undefined;
  readonly workspaces: WorkspacesSeen;
  readonly document: FoundDocument | undefined;
  readonly s3Endpoint: string | undefined;
}

/** Milliseconds for one attempt of a call. Short, because a person waits. */
const timeoutMs = 20_000;

/** Makes the read-only calls that the resources start with. Changes nothing: the login is the only POST. */
export async function look(config: Config, clock: Clock): Promise<Omit<Facts, "document">> {
  const { projectId } = config;
  if (projectId === undefined) {
    throw new CannotCheck(`The project ${missingProject()}.`);
  }
  const policy = { attempts: 2, baseMs: 500, capMs: 2000, longestRetryAfterMs: 10_000 };
  const { baseUrl, apiKey } = config;
  const client = new IcaClient({ baseUrl, apiKey, settings: config, clock, policy, timeoutMs });
  const calls: CallSeen[] = [];

  const seen = async <T>(call: string, ask: () => Promise<T>, tell: (answer: T) => string): Promise<T | undefined> => {
    try {
      const answer = await ask();
      calls.push({ call, outcome: "holds", why: tell(answer) });
      return answer;
    } catch (error) {
      if (!(error instanceof IcaError)) {
        throw error;
      }
      if (hopeless(error, projectId)) {
        throw new CannotCheck(error.message, { cause: error });
      }
      calls.push({ call, outcome: "fails", why: error.message });
      return undefined;
    }
  };

  const system = await seen(
    "GET /api/system/info",
    () => client.system.info(),
    ({ name, version }) => `${name}, ${version}`,
  );
  // Any answer to that call proves that the login before it succeeded.
  calls.unshift({ call: "POST /api/tokens", outcome: "holds", why: "the API key was taken" });
  await seen(
    "GET /api/projects/{projectId}",
    () => client.projects.get(projectId),
    ({ name, region }) => `project "${name}" in region ${region.code}`,
  );
  await seen(
    "GET /api/regions",
    () => client.regions.list(),
    (regions) => `${regions.length}: ${regions.map(({ code }) => code).join(", ")}`,
  );
  const formats = await seen(
    "GET /api/dataFormats",
    () => client.dataFormats.list(),
    ({ length }) => `${length} formats`,
  );
  const images = await seen(
    "GET /api/dockerImages",
    () => client.dockerImages.list(),
    (list) => `${list.length} images, ${list.filter(({ type }) => type === "BENCH").length} of them for Bench`,
  );
  const workspaces = await lookAtWorkspaces(client, projectId);
  calls.push({
    call: "GET /api/projects/{projectId}/workspaces",
    ...wordsFor(workspaces),
  });
  return {
    baseUrl: config.baseUrl,
    system: system === undefined ? undefined : `${system.name}, ${system.version}`,
    calls,
    formats,
    images,
    workspaces,
    s3Endpoint: config.s3Endpoint,
  };
}

function wordsFor(seen: WorkspacesSeen): Pick<CallSeen, "outcome" | "why"> {
  if (seen.kind === "missing") {
    return { outcome: "fails", why: `not served: ${seen.why}` };
  }
  if (seen.kind === "unknown") {
    return { outcome: "fails", why: seen.why };
  }
  return seen.problem === undefined
    ? { outcome: "holds", why: `${seen.list.length} workspaces` }
    : { outcome: "fails", why: seen.problem };
}

/** Whether a failure points to the configuration or the network rather than to this ICA. */
function hopeless(error: IcaError, projectId: string): boolean {
  return (
    error.kind === "unreachable" ||
    error.status === 401 ||
    error.call === "POST /api/tokens" ||
    ((error.isNotFound || error.status === 403) && error.call === `GET /api/projects/${projectId}`)
  );
}

async function lookAtWorkspaces(client: IcaClient, projectId: string): Promise<WorkspacesSeen> {
  try {
    await client.workspaces.confirmServed(projectId);
    return { kind: "served", list: await client.workspaces.list(projectId), problem: undefined };
  } catch (error) {
    if (error instanceof WorkspaceApiMissing) {
      const { call, status } = causeOf(error);
      return { kind: "missing", why: `${call} answered ${status ?? "nothing"}` };
    }
    if (!(error instanceof IcaError)) {
      throw error;
    }
    return error.kind === "unexpected"
      ? { kind: "served", list: [], problem: error.message }
      : { kind: "unknown", why: error.message };
  }
}

function causeOf({ cause }: Error): { call: string; status: number | undefined } {
  return cause instanceof IcaError ? cause : { call: "GET /api/projects/{projectId}/workspaces", status: undefined };
}
