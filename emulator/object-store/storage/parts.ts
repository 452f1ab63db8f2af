import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import path from "node:path";
import { syncFile } from "../../state/sync-file";
import { sizeOf, textOf } from "../../state/unless-missing";
import { S3Failure } from "../failure";

/** S3's minimum for all parts except the last: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const smallestPartBytes = 5 * 1024 * 1024;

/** A part as the client names it to complete an upload. */
export interface Part {
  readonly number: number;
  readonly etag: string;
}

/** Joins parts into one synced file. Uses one buffer, because the client waits and streams take twice as long. */
export async function assemble(parts: readonly string[], file: string): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(4 * 1024 * 1024);
  const target = await open(file, "w", 0o600);
  try {
    for (const path of parts) {
      const part = await open(path, "r");
      try {
        for (;;) {
          const { bytesRead } = await part.read(buffer, 0, buffer.length);
          if (bytesRead === 0) {
            break;
          }
          // Unlike `write`, writes everything.
          await target.writeFile(buffer.subarray(0, bytesRead));
        }
      } finally {
        await part.close();
      }
    }
    await syncFile(target);
  } finally {
    await target.close();
  }
}

/** Throws S3's error unless all parts exist, in order and large enough. Returns their total size. */
export async function checkParts(dir: string, parts: readonly Part[], minBytes: number): Promise<number> {
  if (parts.some(({ number }, index) => number <= (parts[index - 1]?.number ?? 0))) {
    throw new S3Failure("InvalidPartOrder", "The list of parts was not in ascending order.");
  }
  let total = 0;
  for (const [index, { number, etag }] of parts.entries()) {
    const size = await sizeOf(path.join(dir, String(number)));
    if (size === undefined || (await textOf(path.join(dir, `${number}.md5`))) !== etag) {
      throw new S3Failure("InvalidPart", `Part ${number} was not uploaded, or its ETag is another.`);
    }
    if (size < minBytes && index < parts.length - 1) {
      throw new S3Failure(
        "EntityTooSmall",
        `Part ${number} has ${size} bytes; only the last may have less than ${minBytes}.`,
      );
    }
    total += size;
  }
  return total;
}

/** MD5 of the parts' MD5s, then the number of parts. */
export function multipartETag(parts: readonly Part[]): string {
  const hash = createHash("md5");
  for (const { etag } of parts) {
    hash.update(Buffer.from(etag, "hex"));
  }
  return `${hash.digest("hex")}-${parts.length}`;
}
