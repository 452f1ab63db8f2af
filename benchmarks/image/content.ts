import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Docker, dockerLabel } from "../../provider/docker";

/**
 * An image as teams have them: an operating system with a web server (the quickstart's), on it programs and libraries (copies of
 * this machine's own), reference data as text, and on top a small layer of their own, which is what changes from release to
 * release. Made here: nothing is downloaded.
 */

const repository = path.resolve(__dirname, "../..");
const base = "pulumi-ica/benchmark-base:latest";

/** Bytes of copied programs and libraries, of made-up text, and of the layer that changes. */
const sizes = { software: 140e6, text: 30e6, last: 3e6 };

/** Builds as many releases of the image, which differ only in the last layer, and gives their names. */
export async function buildReleases(docker: Docker, releases: number): Promise<string[]> {
  const context = await mkdtemp(path.join(tmpdir(), "pulumi-ica-bench-image-"));
  try {
    const platform = "linux/amd64" as const;
    const labels = { [dockerLabel]: "benchmark" };
    await docker.build({ context: path.join(repository, "examples/quickstart/image"), tag: base, platform, labels });
    await copySoftware(path.join(context, "software"));
    await mkdir(path.join(context, "text"));
    for (let file = 0; file < 10; file++)
      await writeFile(path.join(context, "text", `${file}.txt`), madeUpText(`text ${file}`, sizes.text / 10));
    await writeFile(
      path.join(context, "Dockerfile"),
      `FROM ${base}\nUSER root\nCOPY software /opt/software\nCOPY text /opt/text\nCOPY last.txt /opt/last.txt\nUSER ica\n`,
    );
    const tags: string[] = [];
    for (let release = 0; release < releases; release++) {
      const tag = `pulumi-ica/benchmark:${release}`;
      await writeFile(path.join(context, "last.txt"), madeUpText(`release ${release}`, sizes.last));
      await docker.build({ context, tag, platform, labels });
      tags.push(tag);
    }
    return tags;
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

export async function removeReleases(docker: Docker, tags: readonly string[]): Promise<void> {
  for (const tag of [...tags, base]) await docker.removeImage(tag);
}

async function copySoftware(target: string): Promise<void> {
  await mkdir(target);
  let copied = 0;
  let files = 0;
  const folders = ["/usr/lib", "/usr/bin"];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const source = path.join(folder, entry.name);
      if (entry.isDirectory()) folders.push(source);
      if (!entry.isFile()) continue;
      const { size, mode } = await stat(source);
      if (size < 10_000 || size > 20e6 || (mode & 0o4) === 0) continue;
      await copyFile(source, path.join(target, `${files++}-${entry.name}`));
      copied += size;
      if (copied >= sizes.software) return;
    }
  }
}

/** Words in an order that a seed decides: the same bytes on every machine. */
function madeUpText(seed: string, bytes: number): string {
  const words =
    "sample gene exon read depth of coverage in the region chr variant allele with quality and score for".split(" ");
  const lines: string[] = [];
  let length = 0;
  for (let line = 0; length < bytes; line++) {
    const hash = createHash("sha256").update(`${seed} ${line}`).digest();
    const chosen = Array.from(hash.subarray(0, 14), (byte) => words[byte % words.length]);
    const text = `${chosen.join(" ")} ${hash.readUInt32BE(16)}\t${hash.toString("hex", 20, 26)}\n`;
    lines.push(text);
    length += text.length;
  }
  return lines.join("");
}
