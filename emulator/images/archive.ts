import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Extract, extract, type Headers as Header, type Pack, pack } from "tar-stream";
import { z } from "zod";
import { ArchiveError, reportedElsewhere } from "./decompress";

/*
 * The format that `docker save` writes (https://github.com/moby/docker-image-spec/blob/main/spec.md): layers, a config,
 * and a manifest.json that names them. Newer engines and BuildKit add an OCI index.json.
 */

/** Metadata files are small. A larger file is a layer, or invalid. */
const maxMetadataBytes = 4 * 1024 * 1024;
const maxMetadataTotal = 64 * 1024 * 1024;

const manifest = z
  .array(z.object({ Config: z.string(), RepoTags: z.array(z.string()).nullish(), Layers: z.array(z.string()) }))
  .length(1, "manifest.json must describe exactly one image");
const config = z.object({ architecture: z.string(), os: z.string() });
const index = z
  .object({ manifests: z.array(z.object({ annotations: z.record(z.string(), z.string()).optional() }).loose()) })
  .loose();

/**
 * Checks an image archive while streaming it to `target`, and renames the image: the engine knows it by `name` only,
 * and no existing tag of the engine moves. Throws {@link ArchiveError} before `target` ends, so that the engine never
 * loads a bad archive.
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
      if (kept <= maxMetadataTotal && "[{".includes(content.toString("latin1", 0, 1))) {
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

/** Replaces the image's names for the engine with ours. */
function rename(file: string, content: Buffer, name: string): Buffer | undefined {
  switch (file) {
    case "manifest.json":
      return json(parse(file, manifest, content).map((image) => ({ ...image, RepoTags: [name] })));
    case "index.json": {
      const parsed = parse(file, index, content);
      // The containerd image store uses this name unchanged: without the registry, docker would not find the image.
      const annotations = {
        "io.containerd.image.name": `docker.io/${name}`,
        "org.opencontainers.image.ref.name": "latest",
      };
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

function mayBeMetadata({ type, name, size = 0 }: Header): boolean {
  const file = normal(name);
  const known = ["manifest.json", "index.json", "repositories"].includes(file);
  if (known && size > maxMetadataBytes) {
    throw new ArchiveError(`${file} is too large`);
  }
  return type === "file" && (known || file.endsWith(".json") || file.startsWith("blobs/")) && size <= maxMetadataBytes;
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
    // The reader of the entries receives the error and throws it.
    entries.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Adds an entry. Waits while the target's buffer is full, so that memory stays bounded. */
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

/** Resolves when a stream accepts more data, or has closed. */
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
