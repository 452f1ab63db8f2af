import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { isPayloadHash } from "./body";
import { numberIn } from "./call";
import { S3Failure } from "./failure";
import { malformed, readXml } from "./read-xml";
import { encodePath } from "./signature";
import type { DiskStore } from "./storage/disk";
import type { Part } from "./storage/parts";
import { s3XmlOf } from "./xml";

/** S3's own limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const maxParts = 10_000;
/** A list of the maximum number of parts, each with a checksum, has less than two million bytes. */
const maxListBytes = 4 * 1024 * 1024;
/** The maximum number of entries in one of S3's lists. */
const pageLength = 1000;

const completion = z.object({
  CompleteMultipartUpload: z.object({
    Part: z
      .array(
        z.object({
          PartNumber: z
            .string()
            .regex(/^\d{1,5}$/)
            .transform(Number)
            .pipe(z.int().min(1).max(maxParts)),
          ETag: z.string().transform((text) => text.trim().replace(/^"(.*)"$/s, "$1")),
        }),
      )
      .min(1)
      .max(maxParts),
  }),
});

/** The parts in the body of CompleteMultipartUpload. */
export async function readCompletion(req: IncomingMessage): Promise<Part[]> {
  const text = await readText(req);
  const { data } = completion.safeParse(readXml(text, "Part"));
  if (data === undefined) {
    throw malformed();
  }
  return data.CompleteMultipartUpload.Part.map(({ PartNumber, ETag }) => ({ number: PartNumber, etag: ETag }));
}

async function readText(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req) {
    size += chunk.length;
    if (size > maxListBytes) {
      throw new S3Failure("MaxMessageLengthExceeded", "Your request was too big.");
    }
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const hash = req.headers["x-amz-content-sha256"];
  if (isPayloadHash(hash) && hash.toLowerCase() !== createHash("sha256").update(body).digest("hex")) {
    throw new S3Failure(
      "XAmzContentSHA256Mismatch",
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  return body.toString("utf8");
}

/** The answer to ListParts. */
export async function listParts(
  disk: DiskStore,
  { bucket, key, uploadId, query }: { bucket: string; key: string; uploadId: string; query: URLSearchParams },
): Promise<string> {
  const marker = numberIn(query, "part-number-marker", 0, [0, 2 ** 31 - 1]);
  const max = numberIn(query, "max-parts", pageLength, [0, 2 ** 31 - 1]);
  const rest = (await disk.partsOf(bucket, uploadId)).filter(({ number }) => number > marker);
  const page = rest.slice(0, Math.min(max, pageLength));
  return s3XmlOf("ListPartsResult", {
    ...{ Bucket: bucket, Key: key, UploadId: uploadId, StorageClass: "STANDARD" },
    ...{
      PartNumberMarker: marker,
      NextPartNumberMarker: page.at(-1)?.number ?? 0,
      MaxParts: Math.min(max, pageLength),
    },
    IsTruncated: page.length < rest.length,
    Part: page.map(({ number, size, etag, modified }) => ({
      ...{ PartNumber: number, LastModified: modified.toISOString(), ETag: `"${etag}"`, Size: size },
    })),
  });
}

/** The answer to ListMultipartUploads, for one key only: a set of credentials allows no other. */
export async function listUploads(
  disk: DiskStore,
  { bucket, key, query }: { bucket: string; key: string; query: URLSearchParams },
): Promise<string> {
  const max = Math.min(numberIn(query, "max-uploads", pageLength, [0, 2 ** 31 - 1]), pageLength);
  const [keyMarker, idMarker] = [query.get("key-marker") ?? "", query.get("upload-id-marker") ?? ""];
  const all = key < keyMarker || (key === keyMarker && idMarker === "") ? [] : await disk.uploadsTo(bucket, key);
  const rest = all.slice(keyMarker === key ? all.findIndex(({ uploadId }) => uploadId === idMarker) + 1 : 0);
  const page = rest.slice(0, max);
  const encoding = query.get("encoding-type");
  const shown = (text: string) => (encoding === "url" ? encodePath(text) : text);
  const last = page.at(-1);
  const truncated = page.length < rest.length;
  return s3XmlOf("ListMultipartUploadsResult", {
    ...{
      Bucket: bucket,
      KeyMarker: shown(keyMarker),
      UploadIdMarker: idMarker,
      Prefix: shown(query.get("prefix") ?? ""),
    },
    ...(truncated && last !== undefined ? { NextKeyMarker: shown(key), NextUploadIdMarker: last.uploadId } : {}),
    ...(encoding === null ? {} : { EncodingType: encoding }),
    ...{ MaxUploads: max, IsTruncated: truncated },
    Upload: page.map(({ uploadId, initiated }) => ({
      ...{ Key: shown(key), UploadId: uploadId, Initiated: initiated.toISOString(), StorageClass: "STANDARD" },
    })),
  });
}
