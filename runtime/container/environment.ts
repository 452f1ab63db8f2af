/** Where the proxy of a restricted workspace listens, as seen from inside. The vendor's page gives no example value. */
export const PROXY_URL = "http://proxy.workspace:3128";

/** The one documented variable that is a secret. */
export const API_KEY_VARIABLE = "ICA_SERVICE_ACCOUNT_USER_API_KEY";

/** What ICA_NAMESPACE is here. The vendor's value is a namespace of its cluster. */
export const NAMESPACE = "bench";

/** What the documented variables are made from. */
export interface EnvironmentSource {
  /** The host part of the public address, with the port where there is one. */
  readonly benchHost: string;
  /** ICA's address, as in `https://ica.illumina.com/ica`. */
  readonly icaUrl: string;
  readonly projectId: string;
  /** Eight digits, bound to the workspace for good. */
  readonly number: string;
  readonly namespace: string;
  readonly access: { readonly web: boolean; readonly console: boolean };
  readonly restricted: boolean;
  /** A key made for this workspace. */
  readonly apiKey: string;
}

/**
 * The variables that Bench gives a workspace. Names, and the values of HOME and the two ENABLED ones, are the vendor's;
 * ICA_NAMESPACE and TYPE are used by the vendor's example images, TYPE's value is an assumption.
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
    [API_KEY_VARIABLE]: source.apiKey,
    TYPE: "workspace",
    ...(source.restricted ? proxyEnvironment() : {}),
  };
}

/** Both spellings: curl reads only the lower case http_proxy, other programs only the upper case. */
function proxyEnvironment(): Record<string, string> {
  const local = "localhost,127.0.0.1";
  return {
    HTTP_PROXY: PROXY_URL,
    HTTPS_PROXY: PROXY_URL,
    NO_PROXY: local,
    http_proxy: PROXY_URL,
    https_proxy: PROXY_URL,
    no_proxy: local,
  };
}

/** The documented path under which the web port of a workspace is reached, without slashes at its ends. */
export function webPrefix(namespace: string, number: string): string {
  return `${namespace}-n-${number}-i${number}`;
}
