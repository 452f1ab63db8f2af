import { readFile } from "node:fs/promises";
import axios from "axios";
import { parse } from "yaml";
import { wayTo } from "../../provider/proxy";
import { ApiDocument } from "./api-document";

/** A document, and where it is from. */
export interface FoundDocument {
  readonly from: string;
  readonly document: ApiDocument;
}

/** The document that was named cannot be read, or is none. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
}

const timeoutMs = 20_000;
/** Bytes; ICA's official document has 0.7 million. */
const largest = 20_000_000;

/** Reads the document that a person named: an address or a file. No key is sent anywhere. */
export async function readDocument(place: string): Promise<FoundDocument> {
  const document = ApiDocument.from(parsed(await (isAddress(place) ? download(place) : load(place))));
  if (document === undefined) throw new DocumentError(`${place} is no OpenAPI document (JSON or YAML, with paths).`);
  return { from: place, document };
}

/**
 * Looks for the document of an ICA where such pages have theirs, and where its Swagger page says that it is. The page is at
 * /ica/api/swagger (help.ica.illumina.com, "API reference"); the address of its document is in no vendor page. Only the host
 * of `baseUrl` is asked, without any key: this is what every visitor of that page may see.
 */
export async function findDocument(baseUrl: string): Promise<FoundDocument | undefined> {
  const ica = baseUrl.replace(/(?<!\/)\/+$/, "").replace(/\/rest$/, "");
  const swagger = `${ica}/api/swagger`;
  const pages = [`${swagger}/index.html`, `${swagger}/swagger-initializer.js`];
  const told = (await Promise.all(pages.map(async (page) => addressesIn(await quietly(page), page)))).flat();
  const usual = ["openapi.json", "openapi.yaml", "openapi_public.yaml", "swagger.json", "swagger.yaml"];
  const places = [
    ...told.filter((place) => new URL(place).origin === new URL(ica).origin),
    ...usual.map((name) => `${swagger}/${name}`),
    `${ica}/rest/openapi.json`,
    `${ica}/rest/api/openapi.json`,
  ];
  for (const place of new Set(places)) {
    const text = await quietly(place);
    const document = text === undefined ? undefined : ApiDocument.from(parsed(text));
    if (document !== undefined) return { from: place, document };
  }
  return undefined;
}

/** Addresses of documents that a Swagger page names: `url: "..."`. */
export function addressesIn(text: string | undefined, page: string): string[] {
  const named = [...(text ?? "").matchAll(/["']?\burl["']?\s*[:=]\s*["']([^"'\s]+)["']/g)].map(([, url = ""]) => url);
  return named.filter((url) => URL.canParse(url, page)).map((url) => new URL(url, page).href);
}

function isAddress(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

async function load(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: unknown) => {
    throw new DocumentError(`${file} cannot be read: ${words(error)}`, { cause: error });
  });
}

async function download(address: string): Promise<string> {
  const { username, password, host } = new URL(address);
  if (username !== "" || password !== "") {
    throw new DocumentError(
      `The address on ${host} must not hold a user name or password; download it, and name the file.`,
    );
  }
  const { status, data } = await get(address, 5).catch((error: unknown) => {
    throw new DocumentError(`${address} does not answer: ${words(error)}`, { cause: error });
  });
  if (status !== 200) throw new DocumentError(`${address} answered ${status}.`);
  return data;
}

/** What is at an address of the tenant's own host; undefined when nothing is. A redirect could lead to another host. */
async function quietly(address: string): Promise<string | undefined> {
  try {
    const { status, data } = await get(address, 0);
    return status === 200 ? data : undefined;
  } catch (error) {
    if (axios.isAxiosError(error)) return undefined;
    throw error;
  }
}

function get(address: string, maxRedirects: number) {
  return axios.get<string>(address, {
    responseType: "text",
    transformResponse: (data: string) => data,
    timeout: timeoutMs,
    maxContentLength: largest,
    maxRedirects,
    validateStatus: () => true,
    headers: { Accept: "application/json, application/yaml, text/html;q=0.5, */*;q=0.1", "User-Agent": "pulumi-ica" },
    ...wayTo(address),
  });
}

/** JSON or YAML; undefined when it is neither. */
function parsed(text: string): unknown {
  if (/^\s*</.test(text)) return undefined;
  try {
    return /^\s*\{/.test(text) ? JSON.parse(text) : parse(text, { maxAliasCount: 1000 });
  } catch (error) {
    if (error instanceof Error && ["SyntaxError", "YAMLParseError", "ReferenceError"].includes(error.name))
      return undefined;
    throw error;
  }
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
