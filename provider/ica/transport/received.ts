import type { Readable } from "node:stream";
import type { AxiosResponse } from "axios";
import { deepestJson, isTooDeep } from "../../bytes/json-depth";
import { readText } from "../../bytes/read-bounded";

/** A response from ICA, read up to a limit. */
export interface Received {
  readonly status: number;
  header(name: string): string | undefined;
  /** The parsed JSON, or the text if it is not JSON. */
  readonly body: unknown;
  /** Why the body differs from what ICA sent; undefined when it is intact. */
  readonly damage: string | undefined;
}

/**
 * Largest number of bytes of a response after decompression. The largest response is the list of all images, which has no
 * pages. This limit is enough for about 50,000 images.
 */
export const largestAnswer = 64 * 1024 * 1024;
/** Number of bytes read of an error response. */
const largestRefusal = 64 * 1024;

/** Reads a response. An error response is cut at the limit. `onChunk` is called for each chunk received. */
export async function received(response: AxiosResponse<Readable>, onChunk: () => void): Promise<Received> {
  const isRefusal = response.status < 200 || response.status > 299;
  const most = isRefusal ? largestRefusal : largestAnswer;
  const { text, isWhole } = await readText(response.data, most, onChunk);
  const body = isWhole ? parsedOr(text) : text;
  const tooDeep = isTooDeep(body);
  return {
    status: response.status,
    header: (name) => {
      const value: unknown = response.headers[name];
      return typeof value === "string" ? value : undefined;
    },
    body: tooDeep ? text : body,
    damage: !isWhole
      ? `it has more than ${most / 1024 / 1024} MB`
      : tooDeep
        ? `it is nested more than ${deepestJson} levels deep`
        : undefined,
  };
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) {
      return text;
    }
    throw error;
  }
}
