import { errorMessage } from "../error-message";
import { ListMultipartUploadsCommand, ListPartsCommand, type MultipartUpload, type S3Client } from "./s3-sdk";

/**
 * Finds started uploads whose response was lost. The store may have started an upload whose id this process never received,
 * so no note names it. The store's list shows which uploads these are.
 */

/** One try of a request, as far as its outcome is known. Times are this machine's. */
export interface Try {
  readonly request: { readonly method: string; readonly query: object };
  readonly from: number;
  readonly to: number;
  /** Undefined when there was no response. */
  readonly answer?: { readonly statusCode: number; readonly headers: Readonly<Record<string, string>> };
  readonly error?: unknown;
}

/** Node's error codes for a connection that was never made. */
const neverSent = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/** Milliseconds by which a store's times may differ from each other: some are in whole seconds. */
const inexact = 2000;

/** Time limit for the whole search, in milliseconds. The user may be waiting, and the uploads it finds cost nothing. */
const lookMs = 20_000;

export interface Ours {
  readonly Bucket: string;
  readonly Key: string;
  /** The upload with a known id, if there is one. */
  readonly uploadId: string | undefined;
  /** Ids of uploads that other processes on this machine have noted as theirs. */
  readonly noted: ReadonlySet<string>;
}

/** What is known about uploads started by tries without a response. */
export interface Found {
  /** Ids of uploads that this process started and nothing continues. */
  readonly ours: readonly string[];
  /** Why there may be others; undefined when there are none. */
  readonly doubt: string | undefined;
}

export class LostBeginnings {
  #tries = 0;
  #from = Number.POSITIVE_INFINITY;
  #to = 0;
  /** Milliseconds by which the store's clock is ahead of this machine's. */
  #ahead = 0;

  /** Called after each try of any request. */
  tried({ request: { method, query }, from, to, answer, error }: Try): void {
    const storeTime = Date.parse(answer?.headers.date ?? "");
    if (!Number.isNaN(storeTime)) {
      this.#ahead = storeTime - to;
    }
    if (method !== "POST" || !("uploads" in query) || !isLost(answer?.statusCode, error)) {
      return;
    }
    this.#tries++;
    this.#from = Math.min(this.#from, from);
    this.#to = Math.max(this.#to, to);
  }

  /**
   * Searches at the end of an upload. Another run may fill the same object. Its upload was started at another time or by
   * another user, has parts by now, or has a note. If more uploads remain than responses were lost, none of them counts as
   * this process's own.
   */
  async find(client: S3Client, { Bucket, Key, uploadId, noted }: Ours, cancelled: AbortSignal): Promise<Found> {
    if (this.#tries === 0) {
      return { ours: [], doubt: undefined };
    }
    const options = { abortSignal: AbortSignal.any([AbortSignal.timeout(lookMs), cancelled]) };
    try {
      const { Uploads = [], IsTruncated } = await client.send(
        new ListMultipartUploadsCommand({ Bucket, Prefix: Key }),
        options,
      );
      if (IsTruncated === true) {
        return { ours: [], doubt: "the store lists more uploads than can be looked at" };
      }
      const own = Uploads.find((upload) => upload.UploadId === uploadId);
      const candidates: string[] = [];
      for (const upload of Uploads) {
        const { UploadId } = upload;
        if (upload.Key !== Key || UploadId === undefined || UploadId === uploadId || noted.has(UploadId)) {
          continue;
        }
        if (!this.#isOfThen(upload) || !isOfSameUser(upload, own)) {
          continue;
        }
        const { Parts = [] } = await client.send(new ListPartsCommand({ Bucket, Key, UploadId, MaxParts: 1 }), options);
        if (Parts.length === 0) {
          candidates.push(UploadId);
        }
      }
      return candidates.length > this.#tries
        ? { ours: [], doubt: "another run began uploads of the same archive at the same time" }
        : { ours: candidates, doubt: undefined };
    } catch (error) {
      return { ours: [], doubt: `the store does not list its uploads (${errorMessage(error)})` };
    }
  }

  #isOfThen({ Initiated }: MultipartUpload): boolean {
    const at = (Initiated?.getTime() ?? Number.NaN) - this.#ahead;
    return at >= this.#from - inexact && at <= this.#to + inexact;
  }
}

/** A failing server, or a gateway before it, may have carried out the request. A busy one has not. */
function isLost(status: number | undefined, error: unknown): boolean {
  if (status !== undefined) {
    return status >= 500 && status !== 503;
  }
  return !(error instanceof Error && "code" in error && typeof error.code === "string" && neverSent.has(error.code));
}

/** Temporary credentials identify their user or session, if the store reports it. */
function isOfSameUser({ Initiator }: MultipartUpload, own: MultipartUpload | undefined): boolean {
  return Initiator?.ID === undefined || own?.Initiator?.ID === undefined || Initiator.ID === own.Initiator.ID;
}
