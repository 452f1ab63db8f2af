/** The proxy's address inside a restricted workspace. The vendor's page gives no example value. */
const proxyUrl = "http://proxy.workspace:3128";

/** The only documented variable that is a secret. */
export const apiKeyVariable = "ICA_SERVICE_ACCOUNT_USER_API_KEY";

/** The value of ICA_NAMESPACE here. The vendor's value is a namespace of its cluster. */
export const benchNamespace = "bench";

/** The sources of the documented variables. */
export interface EnvironmentSource {
  /** The host of the public address, with the port if there is one. */
  readonly benchHost: string;
  /** ICA's address, as in `https://ica.illumina.com/ica`. */
  readonly icaUrl: string;
  readonly projectId: string;
  /** Eight digits that never change for a workspace. */
  readonly number: string;
  readonly namespace: string;
  readonly access: { readonly web: boolean; readonly console: boolean };
  readonly restricted: boolean;
  /** A key generated for this workspace. */
  readonly apiKey: string;
}

/**
 * The variables that Bench gives a workspace. Names, and the values of HOME and the two ENABLED variables, are the
 * vendor's. The vendor's example images use ICA_NAMESPACE and TYPE; the value of TYPE is an assumption.
 */
export function benchEnvironment(source: EnvironmentSource): Record<string, string> {
  return {
    HOME: "/data",
    ICA_BENCH_URL: source.benchHost,
    ICA_URL: source.icaUrl,
    ICA_PROJECT_UUID: source.projectId,
    ICA_WORKSPACE: source.number,
    ICA_NAMESPACE: source.namespace,
    ICA_CONSOLE_ENABLED: String(source.access.console),
    ICA_WEB_ENABLED: String(source.access.web),
    [apiKeyVariable]: source.apiKey,
    TYPE: "workspace",
    ...(source.restricted ? proxyEnvironment() : {}),
  };
}

/** Sets both spellings: curl reads only lower-case http_proxy, other programs only the upper-case form. */
function proxyEnvironment(): Record<string, string> {
  const local = "localhost,127.0.0.1";
  return {
    HTTP_PROXY: proxyUrl,
    HTTPS_PROXY: proxyUrl,
    NO_PROXY: local,
    http_proxy: proxyUrl,
    https_proxy: proxyUrl,
    no_proxy: local,
  };
}

/** The documented path prefix of a workspace's web port, without slashes at its ends. */
export function webPrefix(namespace: string, number: string): string {
  return `${namespace}-n-${number}-i${number}`;
}
