import type { Readable } from "node:stream";
import type { AxiosResponse } from "axios";
import { deepestJson, isTooDeep } from "../../bytes/json-depth";
import { readText } from "../../bytes/read-bounded";

/** An answer of ICA, read up to a limit. */
export interface Received {
  readonly status: number;
  header(name: string): string | undefined;
  /** What its JSON says; a text where it is none. */
  readonly body: unknown;
  /** Why the body is not what ICA sent; undefined when it is. */
  readonly damage: string | undefined;
}

/**
 * Bytes of an answer, as it is when it is no longer compressed. The largest is the list of all images, which has no pages: this is good
 * for some 50,000 of them.
 */
export const largestAnswer = 64 * 1024 * 1024;
/** Bytes of an error answer that are read for its words. */
const largestRefusal = 64 * 1024;

/** Reads an answer. Of one that refuses, what is too long is left out; `onChunk` is called for each piece that comes. */
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
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
