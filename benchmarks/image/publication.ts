import { createReadStream } from "node:fs";
import { finished } from "node:stream/promises";
import { z } from "zod";
import { archiveImage } from "../../provider/archive/archive";
import { BlockCache } from "../../provider/archive/block-cache";
import { readingOfOutput } from "../../provider/bytes/process";
import type { Reading } from "../../provider/bytes/reading";
import { Docker } from "../../provider/docker/cli";
import { uploadArchive } from "../../provider/upload/upload";

/**
 * One upload in a process of its own, so that its memory can be measured. The job, credentials included, arrives by
 * message.
 */

const jobSchema = z.object({
  source: z.union([
    z.object({ file: z.string() }),
    z.object({
      reference: z.string(),
      cache: z.string().optional(),
      compressor: z.object({
        name: z.enum(["lbzip2", "bzip2"]),
        command: z.string(),
        args: z.array(z.string()).readonly(),
        level: z.number(),
      }),
    }),
  ]),
  credentials: z.object({
    accessKey: z.string(),
    secretKey: z.string(),
    sessionToken: z.string(),
    region: z.string(),
    bucket: z.string(),
    objectPrefix: z.string(),
  }),
  endpoint: z.string(),
});
export type Job = z.infer<typeof jobSchema>;

export const resultSchema = z.object({
  seconds: z.number(),
  bytes: z.number(),
  /** Peak memory of the process (resident set), bytes. */
  memory: z.number(),
  /** Processor time of the process, seconds, without the programs that it started. */
  cpu: z.number(),
  layers: z.number(),
  cached: z.number(),
});
export type Result = z.infer<typeof resultSchema>;

async function publish({ source, credentials, endpoint }: Job): Promise<Result> {
  const docker = await Docker.find();
  const start = performance.now();
  const archive =
    "file" in source
      ? undefined
      : await archiveImage({
          docker,
          ref: source.reference,
          compression: "bzip2",
          compressor: source.compressor,
          cache:
            source.cache === undefined
              ? undefined
              : new BlockCache({
                  folder: source.cache,
                  limit: 20e9,
                  warn: (line) => process.stderr.write(`${line}\n`),
                }),
        });
  const read = "file" in source ? readFile(source.file) : archive;
  if (read === undefined) throw new Error("there is nothing to upload");
  const { bytes } = await uploadArchive({ source: read, credentials, endpoint });
  await archive?.done;
  const seconds = (performance.now() - start) / 1000;
  const { layers, cached } = archive?.layers() ?? { layers: 0, cached: 0 };
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  return { seconds, bytes, memory: maxRSS * 1024, cpu: (userCPUTime + systemCPUTime) / 1e6, layers, cached };
}

function readFile(file: string): Reading {
  const stream = createReadStream(file);
  return readingOfOutput({ stream, done: finished(stream, { writable: false }) });
}

if (process.send !== undefined) {
  process.once("message", (message) => {
    publish(jobSchema.parse(message)).then(
      (result) => process.send?.(result, undefined, undefined, () => process.disconnect()),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(1);
      },
    );
  });
}
