import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { type Headers as Header, pack } from "tar-stream";

/** One entry of a layer: a tar header with the text of a file. */
export type Entry = Partial<Header> & { readonly name: string; readonly text?: string | Buffer };

export interface ArchiveParts {
  /** The base layer first. */
  readonly layers: readonly (readonly Entry[])[];
  /** Additions to the minimal configuration of an image. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Indices of the layers to compress. */
  readonly gzipped?: readonly number[];
  /** Names of files to leave out. */
  readonly without?: readonly string[];
  /** Reorders the files of the archive; BuildKit sorts by digest. */
  readonly order?: (names: string[]) => string[];
}

const passwd = "root:x:0:0::/root:/bin/sh\nica:x:1000:100::/data:/bin/bash\n";

/** An image that meets Bench's contract, as entries of its only layer. */
export const keptContract: readonly Entry[] = [
  { name: "etc/passwd", text: passwd },
  { name: "etc/group", text: "users:x:100:\n" },
  { name: "bin/bash", mode: 0o755, text: "no real one" },
  { name: "usr/local/bin/ica_start.sh", mode: 0o755, text: "#!/bin/bash\nserve 8888\n" },
];

/** An image as BuildKit writes it: an OCI layout with manifest.json, layers by digest, the manifest last. */
export async function layeredArchive(parts: ArchiveParts): Promise<{ bytes: Buffer; configDigest: string }> {
  const plain = await Promise.all(parts.layers.map(tar));
  const layers = plain.map((layer, i) => (parts.gzipped?.includes(i) === true ? gzipSync(layer) : layer));
  const config = Buffer.from(
    JSON.stringify({
      os: "linux",
      architecture: "amd64",
      config: { User: "ica", Env: ["PATH=/usr/bin:/bin"], ...parts.config },
      rootfs: { type: "layers", diff_ids: plain.map((layer) => `sha256:${sha256(layer)}`) },
    }),
  );
  const blobs = new Map([...layers, config].map((blob) => [`blobs/sha256/${sha256(blob)}`, blob]));
  const manifest = [
    {
      Config: `blobs/sha256/${sha256(config)}`,
      RepoTags: ["a/b:1"],
      Layers: layers.map((l) => `blobs/sha256/${sha256(l)}`),
    },
  ];
  const files = new Map([
    ...blobs,
    ["index.json", Buffer.from('{"schemaVersion":2,"manifests":[]}')],
    ["manifest.json", Buffer.from(JSON.stringify(manifest))],
    ["oci-layout", Buffer.from('{"imageLayoutVersion":"1.0.0"}')],
  ]);
  const names = [...files.keys()].sort().filter((name) => parts.without?.includes(name) !== true);
  const bytes = await tar((parts.order?.(names) ?? names).map((name) => ({ name, text: files.get(name) ?? "" })));
  return { bytes, configDigest: `sha256:${sha256(config)}` };
}

async function tar(entries: readonly Entry[]): Promise<Buffer> {
  const made = pack();
  for (const { text = "", ...header } of entries) made.entry(header, text);
  made.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of made) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
