// Replaces a compiled file that re-exports a library by one file with the parts of the library that are used.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/**
 * `bundled-modules.json` lists the sources that re-export a library, without their ending. Such a library is a devDependency:
 * who installs the package does not install the library, and an ES module becomes CommonJS.
 */
const modules = JSON.parse(readFileSync(new URL("bundled-modules.json", import.meta.url), "utf8"));

const noticeFile = "bundled-licenses.txt";

/** Bundles all of them into `dist`, and writes the licences of what is in them. */
export async function bundle(root, dist) {
  const packages = new Set();
  for (const module of modules) {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: [`${module}.ts`],
      outfile: join(dist, `${module}.js`),
      allowOverwrite: true,
      bundle: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      // The ES modules of a library: only of these can esbuild leave out what is not used.
      mainFields: ["module", "main"],
      // Not minified: a stack trace stays readable.
      legalComments: "none",
      metafile: true,
      logLevel: "warning",
    });
    // The types of the library are not installed.
    rmSync(join(dist, `${module}.d.ts`));
    for (const output of Object.values(metafile.outputs))
      for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
        const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];
        if (folder !== undefined && bytesInOutput > 0) packages.add(folder);
      }
  }
  writeFileSync(join(dist, noticeFile), notice(root, [...packages].sort()));
}

/** The licence texts, each once, with the packages that it is for. */
function notice(root, folders) {
  const holders = new Map();
  for (const folder of folders) {
    const { name, version } = manifestOf(join(root, folder));
    const text = licence(root, join(root, folder));
    holders.set(text, [...(holders.get(text) ?? []), `${name} ${version}`]);
  }
  const head = "This package contains code of the packages below, under their licences.\n";
  return [head, ...[...holders].map(([text, names]) => `${names.join("\n")}\n\n${text}\n`)].join(
    `\n${"-".repeat(80)}\n\n`,
  );
}

/** The licence and notice files of a package. One without is under the licence that it names, if that is also this package's. */
function licence(root, folder) {
  const files = licenceFiles(folder);
  const named = manifestOf(folder).license;
  const texts = files.length > 0 ? files : named === manifestOf(root).license ? licenceFiles(root) : [];
  if (texts.length === 0)
    throw new Error(`${folder} (${named}) has no licence file: state its licence before you bundle it`);
  return texts.map((file) => readFileSync(file, "utf8").trim()).join("\n\n");
}

const licenceFiles = (folder) =>
  readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    .map((file) => join(folder, file));

const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
