import { createHash } from "node:crypto";
import { type Pack, pack } from "tar-stream";

/** What of an image archive a test changes. */
export interface ArchiveChanges {
  readonly architecture?: string;
  readonly repoTags?: readonly string[];
  /** Files to leave out: `layer.tar`, `config.json`, `manifest.json`. */
  readonly without?: readonly string[];
  /** Text in the image, which makes its id. */
  readonly text?: string;
  /** How often the one image is in manifest.json. */
  readonly images?: number;
  /** The same layer twice, the second as a link to the first, as docker save writes it. */
  readonly linkedLayer?: boolean;
  /** The form of newer engines and of BuildKit: blobs by their digest, and an OCI index. */
  readonly oci?: boolean;
}

/** A small archive in the form of `docker save`: one layer with one file. */
export async function imageArchive(changes: ArchiveChanges = {}): Promise<Buffer> {
  const { architecture = "amd64", repoTags = ["someone/bench:1"], without = [], text = "hello", images = 1 } = changes;
  const { linkedLayer = false, oci = false } = changes;
  const layer = await tar({ "hello.txt": text });
  const layers = linkedLayer ? [layer, layer] : [layer];
  const config = JSON.stringify({
    architecture,
    os: "linux",
    config: { Cmd: ["/hello"] },
    rootfs: { type: "layers", diff_ids: layers.map((each) => `sha256:${sha256(each)}`) },
  });
  const [layerFile, configFile] = oci
    ? [`blobs/sha256/${sha256(layer)}`, `blobs/sha256/${sha256(config)}`]
    : ["layer/layer.tar", `${sha256(config)}.json`];
  const layerFiles = linkedLayer ? [layerFile, "again/layer.tar"] : [layerFile];
  const manifest = { Config: configFile, RepoTags: repoTags, Layers: layerFiles };
  const ociManifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: descriptor("application/vnd.oci.image.config.v1+json", config),
    layers: layers.map((each) => descriptor("application/vnd.oci.image.layer.v1.tar", each)),
  });
  const files: Record<string, Content> = {
    [layerFile]: layer,
    ...(linkedLayer ? { "again/layer.tar": { link: `../${layerFile}` } } : {}),
    [configFile]: config,
    ...(oci
      ? {
          "oci-layout": '{"imageLayoutVersion":"1.0.0"}',
          [`blobs/sha256/${sha256(ociManifest)}`]: ociManifest,
          "index.json": JSON.stringify({
            schemaVersion: 2,
            manifests: [
              {
                ...descriptor("application/vnd.oci.image.manifest.v1+json", ociManifest),
                annotations: { "io.containerd.image.name": `docker.io/${repoTags[0]}` },
              },
            ],
          }),
        }
      : { repositories: JSON.stringify({ "someone/bench": { "1": "layer" } }) }),
    "manifest.json": JSON.stringify(Array.from({ length: images }, () => manifest)),
  };
  const kept = Object.entries(files).filter(
    ([file]) => !without.some((word) => file.endsWith(word) || (word === "config.json" && file === configFile)),
  );
  return tar(Object.fromEntries(kept));
}

type Content = string | Buffer | { readonly link: string };

function descriptor(mediaType: string, content: string | Buffer) {
  return { mediaType, digest: `sha256:${sha256(content)}`, size: Buffer.byteLength(content) };
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

export async function tar(files: Readonly<Record<string, Content>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) {
    if (typeof content === "object" && "link" in content) {
      archive.entry({ name, type: "symlink", linkname: content.link });
    } else {
      archive.entry({ name }, content);
    }
  }
  archive.finalize();
  return collect(archive);
}

async function collect(archive: Pack): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of archive) {
    if (Buffer.isBuffer(chunk)) {
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks);
}
