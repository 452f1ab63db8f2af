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
}

/** A small archive in the form of `docker save`: one layer with one file. */
export async function imageArchive(changes: ArchiveChanges = {}): Promise<Buffer> {
  const { architecture = "amd64", repoTags = ["someone/bench:1"], without = [], text = "hello", images = 1 } = changes;
  const layer = await tar({ "hello.txt": text });
  const config = JSON.stringify({
    architecture,
    os: "linux",
    config: { Cmd: ["/hello"] },
    rootfs: { type: "layers", diff_ids: [`sha256:${createHash("sha256").update(layer).digest("hex")}`] },
  });
  const name = `${createHash("sha256").update(config).digest("hex")}.json`;
  const manifest = { Config: name, RepoTags: repoTags, Layers: ["layer/layer.tar"] };
  const files: Record<string, string | Buffer> = {
    "layer/layer.tar": layer,
    [name]: config,
    "manifest.json": JSON.stringify(Array.from({ length: images }, () => manifest)),
    repositories: JSON.stringify({ "someone/bench": { "1": "layer" } }),
  };
  const kept = Object.entries(files).filter(
    ([file]) => !without.some((word) => file.endsWith(word) || (word === "config.json" && file === name)),
  );
  return tar(Object.fromEntries(kept));
}

export async function tar(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) {
    archive.entry({ name }, content);
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
