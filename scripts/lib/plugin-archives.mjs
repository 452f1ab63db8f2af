import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { createGzip } from "node:zlib";
import { build } from "esbuild";
import { pack } from "tar-stream";
import { notice, packagesIn } from "./licences.mjs";
import { root } from "./paths.mjs";
import { Remedy } from "./progress.mjs";

/** The platforms for which Pulumi has a command line, in the words of its archives. */
const platforms = ["linux", "darwin", "windows"].flatMap((system) => ["amd64", "arm64"].map((cpu) => [system, cpu]));

/** The code of the plugin, below the root of the clone and below that of the archive: it finds other files from there. */
const program = "dist/provider/plugin/main.js";

const schema = "dist/provider/plugin/schema.json";

/**
 * Writes the archives that `pulumi plugin install` takes. All hold the same code, in one file for Node.js; only what
 * starts it differs.
 *
 * @returns {Promise<{ file: string, bytes: number }[]>}
 */
export async function pluginArchives(folder) {
  const manifest = JSON.parse(read("package.json"));
  const common = await contents(manifest);
  mkdirSync(folder, { recursive: true });
  return Promise.all(
    platforms.map(async ([system, cpu]) => {
      const file = join(folder, `pulumi-resource-ica-v${manifest.version}-${system}-${cpu}.tar.gz`);
      const launcher = system === "windows" ? "pulumi-resource-ica.cmd" : "pulumi-resource-ica";
      await writeFile(file, await archive({ ...common, [launcher]: read(`plugin/${launcher}`) }));
      return { file, bytes: statSync(file).size };
    }),
  );
}

/** The files of every archive, by their path. */
async function contents({ name, version }) {
  if (!existsSync(join(root, program))) throw new Remedy(`${program} is missing.`, "run `npm run build` first.");
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [program],
    outfile: program,
    write: false,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    // Optional, and a package of its own: `verify: "run"` says how to install it.
    external: ["pulumi-ica-emulator"],
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  const [bundle] = outputFiles;
  return {
    [program]: bundle.text,
    [schema]: read(schema),
    "start.js": read("plugin/start.js"),
    "package.json": `${JSON.stringify({ name, version, license: "Apache-2.0", type: "commonjs" }, null, 2)}\n`,
    LICENSE: read("LICENSE"),
    "bundled-licenses.txt": `${read("dist/bundled-licenses.txt")}\n${notice(root, [...packagesIn(metafile)].sort())}`,
  };
}

/** A compressed archive. Its bytes depend on the files alone, so that two releases of one commit are the same. */
async function archive(files) {
  const tar = pack();
  for (const [name, text] of Object.entries(files)) {
    tar.entry({ name, mode: name.startsWith("pulumi-resource-") ? 0o755 : 0o644, mtime: new Date(0) }, text);
  }
  tar.finalize();
  return buffer(tar.pipe(createGzip({ level: 9 })));
}

function read(file) {
  return readFileSync(join(root, file), "utf8");
}
