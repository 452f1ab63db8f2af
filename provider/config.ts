import { z } from "zod";

/** The sources of each setting, in this order: the stack's configuration, the environment, the default. */
interface Setting {
  readonly key: string;
  readonly env: string;
  readonly secret?: boolean;
  readonly what: string;
}

export const settings = {
  apiKey: { key: "ica:apiKey", env: "ICA_API_KEY", secret: true, what: "an API key of your ICA user" },
  baseUrl: { key: "ica:baseUrl", env: "ICA_BASE_URL", what: "the address of ICA's REST API" },
  projectId: { key: "ica:projectId", env: "ICA_PROJECT_ID", what: "the UUID of the ICA project" },
  region: { key: "ica:region", env: "ICA_REGION", what: "the code of the region for images" },
  s3Endpoint: { key: "ica:s3Endpoint", env: "ICA_S3_ENDPOINT", what: "the address of the object store" },
  layerCacheSize: { key: "ica:layerCacheSize", env: "ICA_LAYER_CACHE_SIZE", what: "the size of the layer cache" },
} as const satisfies Record<string, Setting>;

type SettingName = keyof typeof settings;

/** The source of each value, as errors name it: `ICA_BASE_URL in the environment`. */
export type Sources = Readonly<Partial<Record<SettingName, string>>>;

/** The keys of the stack's configuration that {@link readConfig} reads. */
export const configKeys: readonly string[] = Object.values(settings).map(({ key }) => key);

/** Address of the public ICA (help.ica.illumina.com, "API reference": https://ica.illumina.com/ica/rest). */
export const publicBaseUrl = "https://ica.illumina.com/ica/rest";

/** The provider's whole configuration. */
export interface Config {
  readonly apiKey: string;
  /** With or without its path `/ica/rest`. Default: the public ICA. */
  readonly baseUrl: string;
  /** For resources that do not set one. */
  readonly projectId: string | undefined;
  /** For images that do not set one. Default: the project's own region. */
  readonly region: string | undefined;
  /** Only for an object store other than AWS, such as the emulator's. Default: the address that AWS has in the region. */
  readonly s3Endpoint: string | undefined;
  /**
   * Bytes on this machine's disk for compressed layers (docs/archive.md), written as `20GB`, `500MB` or a number of bytes. 0
   * keeps none. Default: 20GB. A change takes effect with the next archive.
   */
  readonly layerCacheSize: number;
  readonly from: Sources;
}

/** 20 GB: dozens of images that share most of their layers. */
export const defaultLayerCacheSize = 20e9;

/** The configuration is invalid; the message lists all problems. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const url = z.url({ protocol: /^https?$/ });

/** Returns a value of the stack's configuration by its full key. */
type Get = (key: string) => string | undefined;

/** A set value and its source. */
interface Found {
  readonly value: string;
  readonly from: string;
}

function find(name: SettingName, get: Get, env: NodeJS.ProcessEnv): Found | undefined {
  const { key, env: variable } = settings[name];
  const [ours, theirs] = [get(key), env[variable]].map((text) => text?.trim() || undefined);
  if (ours === undefined) {
    return theirs === undefined ? undefined : { value: theirs, from: `${variable} in the environment` };
  }
  const other =
    theirs === undefined || theirs === ours ? "" : ` (${variable} is set too: the configuration comes first)`;
  return { value: ours, from: `${key} in the stack's configuration${other}` };
}

/** Reads one setting as it is. A blank value counts as not set. */
export function readSetting(name: SettingName, get: Get, env: NodeJS.ProcessEnv): string | undefined {
  return find(name, get, env)?.value;
}

/** Reads only the address for REST calls. Throws {@link ConfigError}. */
export function readBaseUrl(get: Get, env: NodeJS.ProcessEnv): string {
  const address = find("baseUrl", get, env) ?? publicAddress;
  const problem = wrongAddress(address);
  if (problem !== undefined) {
    throw new ConfigError(problem);
  }
  return restAddress(address.value);
}

/**
 * Reads the configuration. `ofLastUp` means that it may come from the last `pulumi up` (pulumi/last-up.ts); then errors say
 * so.
 */
export function readConfig(get: Get, env: NodeJS.ProcessEnv, { ofLastUp = false } = {}): Config {
  const found = (name: SettingName) => find(name, get, env);
  const apiKey = found("apiKey");
  const baseUrl = found("baseUrl") ?? publicAddress;
  const projectId = found("projectId");
  const region = found("region");
  const s3Endpoint = found("s3Endpoint");
  const cacheSize = found("layerCacheSize");
  const layerCacheSize = cacheSize === undefined ? defaultLayerCacheSize : parseSize(cacheSize.value);
  const problems = [
    apiKey === undefined ? (ofLastUp ? missingAtLastUp() : missing(settings.apiKey)) : wrongKey(apiKey),
    wrongAddress(baseUrl),
    projectId && wrongProject(projectId),
    region && quoted(region),
    s3Endpoint && wrongAddress(s3Endpoint),
    layerCacheSize === undefined
      ? `${cacheSize?.from} is not a size such as 20GB, 500MB or 0: ${cacheSize?.value}`
      : undefined,
  ].filter((problem) => problem !== undefined);
  if (apiKey === undefined || layerCacheSize === undefined || problems.length > 0) {
    throw new ConfigError(problems.join("\n"));
  }
  const all = { apiKey, baseUrl, projectId, region, s3Endpoint, layerCacheSize: cacheSize };
  return {
    apiKey: apiKey.value,
    baseUrl: restAddress(baseUrl.value),
    projectId: projectId?.value,
    region: region?.value,
    s3Endpoint: s3Endpoint?.value,
    layerCacheSize,
    from: Object.fromEntries(
      Object.entries(all).flatMap(([name, one]) => (one === undefined ? [] : [[name, one.from]])),
    ),
  };
}

/**
 * The API key in the environment, if it differs from the configured key and is for the same ICA. The configured key comes
 * first; this one is used when ICA refuses an outdated configured key.
 */
export function spareApiKey(config: Config, env: NodeJS.ProcessEnv): string | undefined {
  const fromEnv = find("apiKey", () => undefined, env);
  if (fromEnv === undefined || fromEnv.value === config.apiKey || wrongKey(fromEnv) !== undefined) {
    return undefined;
  }
  const address = find("baseUrl", () => undefined, env);
  const isSameIca =
    address === undefined || (wrongAddress(address) === undefined && restAddress(address.value) === config.baseUrl);
  return isSameIca ? fromEnv.value : undefined;
}

const units: Readonly<Record<string, number>> = { "": 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** In bytes; undefined when the text is not a size. */
function parseSize(text: string): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([KMGT]?)B?$/i.exec(text) ?? [];
  const factor = units[unit?.toUpperCase() ?? ""];
  const bytes = Math.round(Number(digits) * (factor ?? Number.NaN));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The REST calls are below /ica/rest (official OpenAPI document, `servers`); users may give the address with or without it. */
export function restAddress(baseUrl: string): string {
  const bare = baseUrl.replace(/(?<!\/)\/+$/, "");
  if (new URL(bare).pathname === "/") {
    return `${bare}/ica/rest`;
  }
  return bare.endsWith("/ica") ? `${bare}/rest` : bare;
}

const publicAddress: Found = {
  value: publicBaseUrl,
  from: `the default, since neither ${settings.baseUrl.key} nor ${settings.baseUrl.env} is set`,
};

function wrongAddress({ value, from }: Found): string | undefined {
  const example = `an address such as ${publicBaseUrl}`;
  if (isQuoted(value)) {
    return quoted({ value, from });
  }
  if (!url.safeParse(value).success) {
    return `${from} is not a web address (${example}): ${value}`;
  }
  const { username, password, search, hash } = new URL(value);
  // The value is not shown, since it contains a secret.
  if (username !== "" || password !== "") {
    return `${from} must not hold a user name or password`;
  }
  return search === "" && hash === "" ? undefined : `${from} must be ${example}, without "?" and "#": ${value}`;
}

/** A key is sent in a header. This refuses characters that a header cannot contain, without showing the key. */
function wrongKey({ value, from }: Found): string | undefined {
  if (isQuoted(value)) {
    return `${from} is in quotation marks, which ICA would take for a part of the key: set it without them`;
  }
  return /^[\x21-\x7e]+$/.test(value)
    ? undefined
    : `${from} holds a blank, a line break or another character that no API key has: set it again`;
}

function wrongProject({ value, from }: Found): string | undefined {
  return /^[\w.:-]+$/.test(value)
    ? undefined
    : `${from} is not the id of a project (a UUID, as in the address of the project's page): ${value}`;
}

/** Whether the quotation marks of a file with `KEY="value"` were not removed. */
function isQuoted(value: string): boolean {
  return /^(["']).*\1$/s.test(value);
}

function quoted({ value, from }: Found): string | undefined {
  return isQuoted(value) ? `${from} is in quotation marks: set it without them: ${value}` : undefined;
}

function missing(setting: Setting): string {
  const flag = setting.secret === true ? "--secret " : "";
  return (
    `${setting.key} is not set: it is ${setting.what}. Set it with "pulumi config set ${flag}${setting.key}", or in the ` +
    `environment as ${setting.env}. For the emulator: eval "$(ica-bench emulator start)".`
  );
}

/** Only names the problem; pulumi/last-up.ts adds what to do, which is the same for all settings. */
function missingAtLastUp(): string {
  const { key, env } = settings.apiKey;
  return (
    `no API key: the stack had no ${key} at its last "pulumi up", and ${env} is not set. ${env} in the environment counts at once; ` +
    `"pulumi config set --secret ${key}" counts from the next "pulumi up" on.`
  );
}

/** The message when a project is needed and none is set. */
export function missingProject(): string {
  return `is required: declare it, or set it for the whole stack with "pulumi config set ${settings.projectId.key} UUID" or ${settings.projectId.env}`;
}
