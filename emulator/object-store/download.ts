import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import send from "send";
import { S3Failure } from "./failure";
import type { DiskStore } from "./storage/disk";

/**
 * Responds to GetObject and HeadObject. The library implements HTTP's rules of ranges and conditions; this function
 * maps its errors to those of S3.
 */
export async function download(
  { req, res }: { req: IncomingMessage; res: ServerResponse },
  disk: DiskStore,
  { bucket, key }: { bucket: string; key: string },
): Promise<void> {
  const object = await disk.find(bucket, key);
  if (object === undefined) {
    throw new S3Failure("NoSuchKey", "The specified key does not exist.", { elements: { Key: key } });
  }
  for (const [name, value] of Object.entries(await disk.metadataOf(bucket, key))) {
    res.setHeader(name, value);
  }
  res.setHeader("ETag", `"${object.etag}"`);
  const asked = req.headers.range;
  const range = usableRange(asked, object.size);
  if (range === undefined) {
    delete req.headers.range;
  } else {
    req.headers.range = range;
  }
  const file = disk.fileOf(bucket, key);
  await new Promise<void>((resolve, reject) => {
    res.once("close", resolve);
    send(req, encodeURIComponent(path.basename(file)), {
      ...{ root: path.dirname(file), dotfiles: "allow", index: false, cacheControl: false },
    })
      .on("error", (error: Error & { status?: number }) => reject(failureOf(error, asked, object.size)))
      .pipe(res);
  });
}

/**
 * A `Range` as S3 reads it. S3 ignores a value that is not a byte range, and multiple ranges. A suffix longer than the
 * object means the whole object (RFC 9110, 14.1.2), but the library refuses it.
 */
export function usableRange(range: string | undefined, size: number): string | undefined {
  const [, suffix] = /^bytes=(?:\d+-\d*|-(\d+))$/.exec(range ?? "") ?? [undefined, undefined];
  if (range === undefined || !/^bytes=(?:\d+-\d*|-\d+)$/.test(range)) {
    return undefined;
  }
  return suffix !== undefined && size > 0 && Number(suffix) > size ? "bytes=0-" : range;
}

function failureOf(error: Error & { status?: number }, range: string | undefined, size: number): Error {
  switch (error.status) {
    case 404:
      return new S3Failure("NoSuchKey", "The specified key does not exist.", { cause: error });
    case 412:
      return new S3Failure("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", {
        cause: error,
      });
    case 416:
      return new S3Failure("InvalidRange", "The requested range is not satisfiable", {
        ...{ cause: error, elements: { RangeRequested: range ?? "", ActualObjectSize: size } },
      });
    default:
      return error;
  }
}
