import { IcaError } from "./error";

/** A client's settings, and the source of each as text. */
export interface ClientSettings {
  readonly baseUrl: string;
  /** The configured project; a resource may name another one. */
  readonly projectId?: string | undefined;
  readonly from: { readonly apiKey?: string; readonly baseUrl?: string; readonly projectId?: string };
}

/** The path below which ICA serves its REST calls (official OpenAPI document, `servers`). */
const restPath = "/ica/rest";

const login = "POST /api/tokens";

/** If a wrong setting explains the error, adds that setting, its value and its source. Other errors stay unchanged. */
export function blamingSetting(error: unknown, settings: ClientSettings): unknown {
  if (!(error instanceof IcaError) || error.kind === "aborted") {
    return error;
  }
  const advice = adviceFor(error, settings);
  if (advice === undefined) {
    return error;
  }
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
  if (error.kind === "unreachable") {
    return `${baseUrl} is ${from.baseUrl ?? "ica:baseUrl"}.${adviceOnScheme(error, baseUrl)}`;
  }
  if (error.status === 401) {
    return `The refused key is ${from.apiKey ?? "ica:apiKey"}.`;
  }
  return error.call === login ? adviceOnAddress(error, settings) : adviceOnProject(error, settings);
}

/** Every ICA serves the login. A server that lacks it, or answers in another form, is not ICA or serves ICA at another path. */
function adviceOnAddress({ kind, status = 0 }: IcaError, { baseUrl, from }: ClientSettings): string | undefined {
  const isElsewhere = kind === "unexpected" || (status >= 300 && status < 500 && ![403, 408, 429].includes(status));
  if (!isElsewhere) {
    return `${baseUrl} was asked: ${from.baseUrl ?? "ica:baseUrl"}.`;
  }
  const usual = `${new URL(baseUrl).origin}${restPath}`;
  const remedy = baseUrl === usual ? "Is this host an ICA?" : `Try ${usual}.`;
  return (
    `${baseUrl} is ${from.baseUrl ?? "ica:baseUrl"}, and does not look like the address of ICA's REST API, ` +
    `which has the form https://ica.illumina.com${restPath}. ${remedy}`
  );
}

/** OpenSSL's words for a response that is not TLS. */
function adviceOnScheme({ message }: IcaError, baseUrl: string): string {
  return /wrong version number|packet length too long|EPROTO/i.test(message)
    ? ` The server there speaks no https: try ${baseUrl.replace(/^https:/, "http:")}, if its network is trusted.`
    : "";
}

/** Calls whose path names only a project, so that a 404 is about the project and not about something in it. */
const projectCall = /^(?:GET|POST) \/api\/projects\/([^/:]+)(\/[^/]+)?$/;

function adviceOnProject(
  { call, status = 0, kind }: IcaError,
  { projectId, from }: ClientSettings,
): string | undefined {
  const [, encoded, below] = projectCall.exec(call) ?? [];
  if (encoded === undefined || kind !== "refused") {
    return undefined;
  }
  if (status !== 404 && !(below === undefined && (status === 400 || status === 403))) {
    return undefined;
  }
  const id = decodeURIComponent(encoded);
  const source = id === projectId ? (from.projectId ?? "ica:projectId") : "the projectId of a resource";
  return `Does project ${id} exist, and may the owner of the API key see it? The id is ${source}.`;
}
