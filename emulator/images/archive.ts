import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { PassThrough, Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Extract, extract, type Header, type Pack, pack } from "tar-stream";
import { z } from "zod";

/*
 * What `docker save` writes, as https://github.com/moby/docker-image-spec/blob/main/spec.md describes it: layers, a
 * config, and manifest.json that names them. Newer engines and BuildKit add an OCI index.json.
 */

/** The archive is not what it should be: the reason why a build fails. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
}

/** Metadata files are small; anything larger is a layer, or no good. */
const MAX_METADATA_BYTES = 4 * 1024 * 1024;
const MAX_METADATA_TOTAL = 64 * 1024 * 1024;

const manifest = z
  .array(z.object({ Config: z.string(), RepoTags: z.array(z.string()).nullish(), Layers: z.array(z.string()) }))
  .length(1, "manifest.json must describe exactly one image");
const config = z.object({ architecture: z.string(), os: z.string() });
const index = z
  .object({ manifests: z.array(z.object({ annotations: z.record(z.string(), z.string()).optional() }).loose()) })
  .loose();

/** The stream of an archive's content, decompressed. What a tar or a bzip2 file begins with decides, not its name. */
export async function openArchive(file: string, signal: AbortSignal): Promise<Readable> {
  const start = await firstBytes(file, 512);
  if (start.subarray(0, 3).toString("latin1") === "BZh") {
    return decompress(file, signal);
  }
  if (start.subarray(257, 262).toString("latin1") === "ustar") {
    return createReadStream(file, { signal });
  }
  throw new ArchiveError("the file is neither a tar archive nor one compressed with bzip2");
}

/**
 * Checks an image archive while it streams to `target`, and renames it on the way: the engine will know the image by
 * `name` only, and no tag that the engine has is moved. Throws {@link ArchiveError} before `target` is ended, so that a
 * bad archive is never loaded.
 */
export async function checkArchive(source: Readable, target: Writable, name: string): Promise<void> {
  const renamed = pack();
  renamed.on("error", reportedElsewhere);
  const forwarding = pipeline(Readable.from(renamed, { objectMode: false }), target);
  const copying = copyEntries(source, renamed, name).then((contents) => {
    checkContents(contents);
    renamed.finalize();
  });
  try {
    await Promise.race([copying, forwarding]);
    await forwarding;
  } catch (error) {
    const reason = error instanceof Error ? error : new Error(String(error));
    source.destroy();
    renamed.destroy(reason);
    await Promise.allSettled([copying, forwarding]);
    throw isTarError(reason)
      ? new ArchiveError(`the archive is damaged: ${reason.message}`, { cause: reason })
      : reason;
  }
}

interface Contents {
  readonly names: Set<string>;
  readonly metadata: Map<string, Buffer>;
}

async function copyEntries(source: Readable, target: Pack, name: string): Promise<Contents> {
  const contents: Contents = { names: new Set(), metadata: new Map() };
  let kept = 0;
  const entries = extract();
  entries.on("error", reportedElsewhere);
  const feeding = feed(source, entries);
  for await (const entry of entries) {
    const { header } = entry;
    entry.on("error", reportedElsewhere);
    const file = normal(header.name);
    contents.names.add(file);
    if (mayBeMetadata(header)) {
      const content = await read(bytesOf(entry));
      kept += content.length;
      if (kept <= MAX_METADATA_TOTAL && "[{".includes(content.toString("latin1", 0, 1))) {
        contents.metadata.set(file, content);
      }
      const renamed = rename(file, content, name);
      if (renamed !== undefined) {
        await addEntry(target, { ...header, size: renamed.length }, [renamed]);
      }
    } else {
      await addEntry(target, header, bytesOf(entry));
    }
  }
  await feeding;
  return contents;
}

/** What names the image for the engine, with our name in its place. */
function rename(file: string, content: Buffer, name: string): Buffer | undefined {
  switch (file) {
    case "manifest.json":
      return json(parse(file, manifest, content).map((image) => ({ ...image, RepoTags: [name] })));
    case "index.json": {
      const parsed = parse(file, index, content);
      const annotations = { "io.containerd.image.name": name, "org.opencontainers.image.ref.name": "latest" };
      return json({
        ...parsed,
        manifests: parsed.manifests.map((each) => ({ ...each, annotations: { ...each.annotations, ...annotations } })),
      });
    }
    case "repositories":
      return undefined;
    default:
      return content;
  }
}

function checkContents({ names, metadata }: Contents): void {
  const manifestJson = metadata.get("manifest.json");
  if (manifestJson === undefined) {
    throw new ArchiveError("there is no manifest.json in it; make it with docker save");
  }
  const [image] = parse("manifest.json", manifest, manifestJson);
  if (image === undefined) {
    throw new ArchiveError("manifest.json describes no image");
  }
  const missing = [image.Config, ...image.Layers].filter((file) => !names.has(normal(file)));
  if (missing.length > 0) {
    throw new ArchiveError(`manifest.json names what is not in the archive: ${missing.join(", ")}`);
  }
  const configJson = metadata.get(normal(image.Config));
  if (configJson === undefined) {
    throw new ArchiveError(`${image.Config} is not the configuration of an image`);
  }
  const { os, architecture } = parse(image.Config, config, configJson);
  if (os !== "linux" || architecture !== "amd64") {
    throw new ArchiveError(`the image is for ${os}/${architecture}; Bench runs linux/amd64`);
  }
}

function parse<T>(file: string, schema: z.ZodType<T>, content: Buffer): T {
  try {
    return schema.parse(JSON.parse(content.toString("utf8")));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new ArchiveError(`${file} is not as docker save writes it: ${reason}`, { cause });
  }
}

function mayBeMetadata({ type, name, size }: Header): boolean {
  const file = normal(name);
  const known = ["manifest.json", "index.json", "repositories"].includes(file);
  if (known && size > MAX_METADATA_BYTES) {
    throw new ArchiveError(`${file} is too large`);
  }
  return (
    type === "file" && (known || file.endsWith(".json") || file.startsWith("blobs/")) && size <= MAX_METADATA_BYTES
  );
}

/** For the error event of a stream whose reader gets the same error: without a listener it would end the process. */
function reportedElsewhere(): void {
  return;
}

function normal(name: string): string {
  return name.replace(/^(?:\.\/)+/, "");
}

async function read(entry: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of entry) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function feed(source: Readable, entries: Extract): Promise<void> {
  try {
    for await (const chunk of source) {
      if (entries.destroyed) {
        return;
      }
      if (!entries.write(chunk)) {
        await drained(entries);
      }
    }
    entries.end(undefined);
  } catch (error) {
    // The reader of the entries gets it, and throws it.
    entries.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Adds an entry; waits whenever the target has enough for now, so memory stays bounded. */
async function addEntry(
  target: Pack,
  header: Header,
  content: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const sink = target.entry(header, (error) => (error ? reject(error) : resolve()));
    sink.on("error", reportedElsewhere);
    fill(sink, content).catch(reject);
  });
}

async function fill(sink: Sink, content: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
  for await (const chunk of content) {
    if (!sink.write(chunk)) {
      await drained(sink);
    }
    if (sink.destroyed) {
      throw new Error("the Docker engine no longer listens");
    }
  }
  sink.end(undefined);
}

type Sink = ReturnType<Pack["entry"]>;

/** Until a stream takes more, or has closed. */
function drained(sink: Sink | Extract): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      sink.off("drain", done);
      sink.off("close", done);
      resolve();
    };
    sink.on("drain", done);
    sink.on("close", done);
  });
}

async function* bytesOf(source: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    if (Buffer.isBuffer(chunk)) {
      yield chunk;
    }
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** tar-stream reports damage as plain errors with these words. */
function isTarError(error: Error): boolean {
  return !(error instanceof ArchiveError) && /tar|Unexpected end of data|Size mismatch/i.test(error.message);
}

async function decompress(file: string, signal: AbortSignal): Promise<Readable> {
  const child = spawn(await bunzip2(), ["-dc", file], { stdio: ["ignore", "pipe", "pipe"], signal });
  const output = new PassThrough();
  output.on("error", reportedElsewhere);
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(0, 1000);
  });
  child.on("error", (error) => output.destroy(error));
  child.on("close", (code) => {
    if (code === 0) {
      output.end();
    } else {
      output.destroy(
        new ArchiveError(`it cannot be decompressed: ${words.trim().split("\n")[0] || `exit code ${code}`}`),
      );
    }
  });
  child.stdout.pipe(output, { end: false });
  // Whoever gives up on the output must not leave the process writing to nobody.
  output.once("close", () => child.kill());
  return output;
}

/** The fastest bzip2 there is. */
async function bunzip2(): Promise<string> {
  for (const command of ["lbzip2", "bzip2"]) {
    const found = await new Promise<boolean>((resolve) => {
      spawn(command, ["--help"], { stdio: "ignore" })
        .once("error", () => resolve(false))
        .once("close", () => resolve(true));
    });
    if (found) {
      return command;
    }
  }
  throw new Error("bzip2 is not installed. Install bzip2 or lbzip2, then start the emulator again.");
}

async function firstBytes(file: string, length: number): Promise<Buffer> {
  const handle = await open(file, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
