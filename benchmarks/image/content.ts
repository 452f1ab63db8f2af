import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { BuildSpec } from "../../provider/docker/build-args";
import type { Docker } from "../../provider/docker/cli";
import { dockerLabel } from "../../runtime/bench-facts";

/**
 * A typical team's image: an operating system with a web server (the quickstart's), then programs and libraries (copies
 * of this machine's own), reference data as text, and on top a small layer that changes from release to release.
 * Everything is made here; nothing is downloaded.
 */

const repository = path.resolve(__dirname, "../..");
const base = "pulumi-ica/benchmark-base:latest";

/** The name of the image that {@link buildLarge} builds. */
const large = "pulumi-ica/benchmark:large";

/** Bytes of copied programs and libraries, of generated text, and of the layer that changes. */
const sizes = { software: 140e6, text: 30e6, last: 3e6 };

/** Builds the given number of releases of the image, which differ only in the last layer. Returns their names. */
export async function buildReleases(docker: Docker, releases: number): Promise<string[]> {
  return inContext(docker, async (context, options) => {
    await mkdir(path.join(context, "text"));
    for (let file = 0; file < 10; file++)
      await writeFile(path.join(context, "text", `${file}.txt`), madeUpText(`text ${file}`, sizes.text / 10));
    await writeDockerfile(context, ["software /opt/software", "text /opt/text", "last.txt /opt/last.txt"]);
    const tags: string[] = [];
    for (let release = 0; release < releases; release++) {
      const tag = `pulumi-ica/benchmark:${release}`;
      await writeFile(path.join(context, "last.txt"), madeUpText(`release ${release}`, sizes.last));
      await docker.build({ ...options, tag });
      tags.push(tag);
    }
    return tags;
  });
}

/** Builds an image of at least this many bytes, in layers of copied programs. Returns its name. */
export async function buildLarge(docker: Docker, bytes: number): Promise<string> {
  return inContext(docker, async (context, options) => {
    const layers = Array.from({ length: Math.ceil(bytes / sizes.software) }, (_, i) => `software /opt/software-${i}`);
    await writeDockerfile(context, layers);
    await docker.build({ ...options, tag: large });
    return large;
  });
}

/** Writes what all images share to a folder, and removes the folder afterwards. */
async function inContext<T>(
  docker: Docker,
  build: (context: string, options: Omit<BuildSpec, "tag">) => Promise<T>,
): Promise<T> {
  const context = await mkdtemp(path.join(tmpdir(), "pulumi-ica-bench-image-"));
  try {
    const options = { context, platform: "linux/amd64" as const, labels: { [dockerLabel]: "benchmark" } };
    await docker.build({ ...options, context: path.join(repository, "examples/quickstart/image"), tag: base });
    await copySoftware(path.join(context, "software"));
    return await build(context, options);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

async function writeDockerfile(context: string, copies: readonly string[]): Promise<void> {
  const lines = copies.map((copy) => `COPY ${copy}\n`).join("");
  await writeFile(path.join(context, "Dockerfile"), `FROM ${base}\nUSER root\n${lines}USER ica\n`);
}

export async function removeImages(docker: Docker, tags: readonly string[]): Promise<void> {
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

/** Words in an order that follows from the seed: the same bytes on every machine. */
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
