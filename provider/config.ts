import { z } from "zod";

/** Where each setting comes from, in this order: the stack's configuration, the environment, the default. */
interface Setting {
  readonly key: string;
  readonly env: string;
  readonly secret?: boolean;
  readonly what: string;
}

const settings = {
  apiKey: { key: "ica:apiKey", env: "ICA_API_KEY", secret: true, what: "an API key of your ICA user" },
  baseUrl: { key: "ica:baseUrl", env: "ICA_BASE_URL", what: "the address of ICA's REST API" },
  projectId: { key: "ica:projectId", env: "ICA_PROJECT_ID", what: "the UUID of the ICA project" },
  region: { key: "ica:region", env: "ICA_REGION", what: "the code of the region for images" },
  s3Endpoint: { key: "ica:s3Endpoint", env: "ICA_S3_ENDPOINT", what: "the address of the object store" },
  layerCacheSize: { key: "ica:layerCacheSize", env: "ICA_LAYER_CACHE_SIZE", what: "the size of the layer cache" },
} as const satisfies Record<string, Setting>;

/** Keys of the stack's configuration that {@link readConfig} asks for. */
export const configKeys: readonly string[] = Object.values(settings).map(({ key }) => key);

/** Address of the public ICA (help.ica.illumina.com, "API reference": https://ica.illumina.com/ica/rest). */
export const publicBaseUrl = "https://ica.illumina.com/ica/rest";

/** Everything the provider is configured with. */
export interface Config {
  readonly apiKey: string;
  readonly baseUrl: string;
  /** The project for resources that do not name one. */
  readonly projectId: string | undefined;
  /** Region code for images that do not name one; else the project's own region. */
  readonly region: string | undefined;
  /** Only for object stores that are not AWS, as the emulator's; else the SDK knows the address by the region. */
  readonly s3Endpoint: string | undefined;
  /**
   * Bytes that compressed layers may take on this machine's disk (docs/archive.md); written as `20GB`, `500MB` or a number of
   * bytes. 0: none are kept. Default {@link defaultLayerCacheSize}. A change takes effect with the next archive.
   */
  readonly layerCacheSize: number;
}

/** 20 GB: dozens of images, most of whose layers are shared. */
export const defaultLayerCacheSize = 20e9;

/** The configuration cannot be used; the message lists everything that is wrong with it. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const url = z.url({ protocol: /^https?$/ });

/** Gives a value of the stack's configuration by its full key. */
type Get = (key: string) => string | undefined;

/** One setting, where nothing has to be made of it. Blank counts as not set. */
export function readSetting(name: keyof typeof settings, get: Get, env: NodeJS.ProcessEnv): string | undefined {
  const setting = settings[name];
  return [get(setting.key), env[setting.env]].find((text) => text !== undefined && text.trim() !== "")?.trim();
}

/** The address that the REST calls go to, for whoever needs nothing else. Throws {@link ConfigError}. */
export function readBaseUrl(get: Get, env: NodeJS.ProcessEnv): string {
  const address = readSetting("baseUrl", get, env) ?? publicBaseUrl;
  const problem = wrongAddress(settings.baseUrl, address);
  if (problem !== undefined) throw new ConfigError(problem);
  return restAddress(address);
}

/** Reads the configuration. */
export function readConfig(get: Get, env: NodeJS.ProcessEnv): Config {
  const value = (name: keyof typeof settings) => readSetting(name, get, env);
  const apiKey = value("apiKey");
  const baseUrl = value("baseUrl") ?? publicBaseUrl;
  const s3Endpoint = value("s3Endpoint");
  const cacheSize = value("layerCacheSize");
  const layerCacheSize = cacheSize === undefined ? defaultLayerCacheSize : parseSize(cacheSize);
  const problems = [
    apiKey === undefined ? missing(settings.apiKey) : undefined,
    wrongAddress(settings.baseUrl, baseUrl),
    s3Endpoint === undefined ? undefined : wrongAddress(settings.s3Endpoint, s3Endpoint),
    layerCacheSize === undefined
      ? `${settings.layerCacheSize.key} (or ${settings.layerCacheSize.env}) is not a size such as 20GB, 500MB or 0: ${cacheSize}`
      : undefined,
  ].filter((problem) => problem !== undefined);
  if (apiKey === undefined || layerCacheSize === undefined || problems.length > 0)
    throw new ConfigError(problems.join("\n"));
  return {
    apiKey,
    baseUrl: restAddress(baseUrl),
    projectId: value("projectId"),
    region: value("region"),
    s3Endpoint,
    layerCacheSize,
  };
}

const units: Readonly<Record<string, number>> = { "": 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** Bytes; undefined for what is no size. */
function parseSize(text: string): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([KMGT]?)B?$/i.exec(text) ?? [];
  const factor = units[unit?.toUpperCase() ?? ""];
  const bytes = Math.round(Number(digits) * (factor ?? Number.NaN));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The REST calls are below /ica/rest (official OpenAPI document, `servers`); the address may be given with or without it. */
export function restAddress(baseUrl: string): string {
  const bare = baseUrl.replace(/(?<!\/)\/+$/, "");
  if (new URL(bare).pathname === "/") return `${bare}/ica/rest`;
  return bare.endsWith("/ica") ? `${bare}/rest` : bare;
}

function wrongAddress({ key, env }: Setting, address: string): string | undefined {
  if (!url.safeParse(address).success) return `${key} (or ${env}) is not a web address: ${address}`;
  const { username, password } = new URL(address);
  // Not shown: whatever stands there is meant to be secret.
  return username === "" && password === "" ? undefined : `${key} (or ${env}) must not hold a user name or password`;
}

function missing(setting: Setting): string {
  const flag = setting.secret === true ? "--secret " : "";
  return (
    `${setting.key} is not set: it is ${setting.what}. Set it with "pulumi config set ${flag}${setting.key}", or in the ` +
    `environment as ${setting.env}. For the emulator: eval "$(ica-bench emulator start)".`
  );
}

/** What to say where a project is needed and none is named. */
export function missingProject(): string {
  return `is required: declare it, or set it for the whole stack with "pulumi config set ${settings.projectId.key} UUID" or ${settings.projectId.env}`;
}
