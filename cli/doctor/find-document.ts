import type { Readable } from "node:stream";
import axios, { isAxiosError } from "axios";
import { readText } from "../../provider/bytes/read-bounded";
import { readRegularFile } from "../../provider/bytes/regular-file";
import { withoutEnd } from "../../provider/error-message";
import { proxyOptions } from "../../provider/ica/transport/proxy";
import { TimeLimit, TooSlow } from "../../provider/ica/transport/time-limit";
import { ApiDocument } from "./api-document";
import { parseDocument } from "./parse-document";

/** A document and its source. */
export interface FoundDocument {
  readonly from: string;
  readonly document: ApiDocument;
}

/** The named document cannot be read, or is not an OpenAPI document. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
}

/** Milliseconds without data before a read gives up; a whole document may take twice as long. */
const usualTimeoutMs = 20_000;
/** Maximum size in bytes, decompressed. ICA's official document has 0.7 million. */
const largest = 10_000_000;

/** Reads the document at the URL or file that the user named. Sends no key. */
export async function readDocument(place: string, timeoutMs = usualTimeoutMs): Promise<FoundDocument> {
  const document = ApiDocument.from(parseDocument(await (isAddress(place) ? download(place, timeoutMs) : load(place))));
  if (document === undefined) {
    throw new DocumentError(`${place} is not a valid OpenAPI document (JSON or YAML, with paths).`);
  }
  return { from: place, document };
}

/**
 * Looks for the document of an ICA at the usual paths, and at the address that its Swagger page names. The page is at
 * /ica/api/swagger (help.ica.illumina.com, "API reference"); no vendor page gives the address of its document. Doctor
 * asks only the host of `baseUrl` and sends no key: every visitor of that page can see the same.
 */
export async function findDocument(baseUrl: string, timeoutMs = usualTimeoutMs): Promise<FoundDocument | undefined> {
  const ica = withoutEnd(baseUrl, /\//).replace(/\/rest$/, "");
  const swagger = `${ica}/api/swagger`;
  const pages = [`${swagger}/index.html`, `${swagger}/swagger-initializer.js`];
  const told = (await Promise.all(pages.map(async (page) => addressesIn(await quietly(page, timeoutMs), page)))).flat();
  const usual = ["openapi.json", "openapi.yaml", "openapi_public.yaml", "swagger.json", "swagger.yaml"];
  const places = [
    ...told.filter((place) => new URL(place).origin === new URL(ica).origin),
    ...usual.map((name) => `${swagger}/${name}`),
    `${ica}/rest/openapi.json`,
    `${ica}/rest/api/openapi.json`,
  ];
  for (const place of new Set(places)) {
    const text = await quietly(place, timeoutMs);
    const document = text === undefined ? undefined : ApiDocument.from(parseDocument(text));
    if (document !== undefined) {
      return { from: place, document };
    }
  }
  return undefined;
}

/** The document addresses in a Swagger page: `url: "..."`. */
function addressesIn(text: string | undefined, page: string): string[] {
  const named = [...(text ?? "").matchAll(/["']?\burl["']?\s*[:=]\s*["']([^"'\s]+)["']/g)].map(([, url = ""]) => url);
  return named.filter((url) => URL.canParse(url, page)).map((url) => new URL(url, page).href);
}

function isAddress(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

async function load(file: string): Promise<string> {
  const text = await readRegularFile(file, largest).catch((error: unknown) => {
    throw new DocumentError(`${file} cannot be read: ${words(error)}`, { cause: error });
  });
  return text.toString("utf8");
}

async function download(address: string, timeoutMs: number): Promise<string> {
  const { username, password, host } = new URL(address);
  if (username !== "" || password !== "") {
    throw new DocumentError(
      `The address on ${host} must not hold a user name or password; download it, and name the file.`,
    );
  }
  const { status, data } = await get(address, 5, timeoutMs).catch((error: unknown) => {
    throw new DocumentError(`${address} cannot be read: ${words(error)}`, { cause: error });
  });
  if (status !== 200) {
    throw new DocumentError(`${address} answered ${status}.`);
  }
  return data;
}

/**
 * Reads an address of the tenant's own host; undefined when there is nothing. Does not follow redirects, which could
 * lead to another host.
 */
async function quietly(address: string, timeoutMs: number): Promise<string | undefined> {
  try {
    const { status, data } = await get(address, 0, timeoutMs);
    return status === 200 ? data : undefined;
  } catch (error) {
    if (isAxiosError(error) || error instanceof TooSlow || error instanceof TooLarge) {
      return undefined;
    }
    throw error;
  }
}

/** The document exceeds the maximum size. */
class TooLarge extends Error {
  override readonly name = "TooLarge";
}

async function get(
  address: string,
  maxRedirects: number,
  timeoutMs: number,
): Promise<{ status: number; data: string }> {
  const limit = new TimeLimit(timeoutMs);
  try {
    const { status, data } = await axios.get<Readable>(address, {
      responseType: "stream",
      signal: limit.signal,
      maxRedirects,
      validateStatus: () => true,
      headers: { Accept: "application/json, application/yaml, text/html;q=0.5, */*;q=0.1", "User-Agent": "pulumi-ica" },
      ...proxyOptions(address),
    });
    const { text, isWhole } = await readText(data, largest, limit.came);
    if (!isWhole) {
      throw new TooLarge(`it has more than ${largest / 1e6} MB`);
    }
    return { status, data: text };
  } catch (error) {
    throw limit.exceeded ?? error;
  } finally {
    limit.over();
  }
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
