import { IcaError } from "./error";

/** The settings a client works with, and where each comes from, in words. */
export interface ClientSettings {
  readonly baseUrl: string;
  /** The configured project; a resource may name another one. */
  readonly projectId?: string | undefined;
  readonly from: { readonly apiKey?: string; readonly baseUrl?: string; readonly projectId?: string };
}

/** The path below which ICA serves its REST calls (official OpenAPI document, `servers`). */
const restPath = "/ica/rest";

const login = "POST /api/tokens";

/** An error that a wrong setting explains, with that setting, its value and where it comes from. Others stay as they are. */
export function blamingSetting(error: unknown, settings: ClientSettings): unknown {
  if (!(error instanceof IcaError)) return error;
  const advice = adviceFor(error, settings);
  if (advice === undefined) return error;
  const { kind, call, status, problem } = error;
  return new IcaError(
    {
      kind,
      call,
      message: `${error.message} ${advice}`,
      ...(status === undefined ? {} : { status }),
      ...(problem === undefined ? {} : { problem }),
    },
    { cause: error.cause },
  );
}

function adviceFor(error: IcaError, settings: ClientSettings): string | undefined {
  const { baseUrl, from } = settings;
  if (error.kind === "unreachable")
    return `${baseUrl} is ${from.baseUrl ?? "ica:baseUrl"}.${adviceOnScheme(error, baseUrl)}`;
  if (error.status === 401) return `The refused key is ${from.apiKey ?? "ica:apiKey"}.`;
  return error.call === login ? adviceOnAddress(error, settings) : adviceOnProject(error, settings);
}

/** Every ICA serves the login: a server that does not know it, or answers otherwise, is no ICA, or serves it at another path. */
function adviceOnAddress({ kind, status = 0 }: IcaError, { baseUrl, from }: ClientSettings): string | undefined {
  const isElsewhere = kind === "unexpected" || (status >= 300 && status < 500 && ![403, 408, 429].includes(status));
  if (!isElsewhere) return `${baseUrl} was asked: ${from.baseUrl ?? "ica:baseUrl"}.`;
  const usual = `${new URL(baseUrl).origin}${restPath}`;
  const remedy = baseUrl === usual ? "Is this host an ICA?" : `Try ${usual}.`;
  return (
    `${baseUrl} is ${from.baseUrl ?? "ica:baseUrl"}, and seems not to be the address of ICA's REST API, ` +
    `which looks like https://ica.illumina.com${restPath}. ${remedy}`
  );
}

/** OpenSSL's words for an answer that is not TLS. */
function adviceOnScheme({ message }: IcaError, baseUrl: string): string {
  return /wrong version number|packet length too long|EPROTO/i.test(message)
    ? ` The server there speaks no https: try ${baseUrl.replace(/^https:/, "http:")}, if its network is trusted.`
    : "";
}

/** Calls whose path names nothing but a project: a 404 there means the project, not a thing in it. */
const projectCall = /^(?:GET|POST) \/api\/projects\/([^/:]+)(\/[^/]+)?$/;

function adviceOnProject(
  { call, status = 0, kind }: IcaError,
  { projectId, from }: ClientSettings,
): string | undefined {
  const [, encoded, below] = projectCall.exec(call) ?? [];
  if (encoded === undefined || kind !== "refused") return undefined;
  if (status !== 404 && !(below === undefined && (status === 400 || status === 403))) return undefined;
  const id = decodeURIComponent(encoded);
  const source = id === projectId ? (from.projectId ?? "ica:projectId") : "the projectId of a resource";
  return `Does project ${id} exist, and may the owner of the API key see it? The id is ${source}.`;
}
