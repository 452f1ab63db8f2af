// Replaces a compiled file that re-exports a library by one file with the parts of the library that are used.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { notice, packagesIn } from "./lib/licences.mjs";

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
    for (const folder of packagesIn(metafile)) packages.add(folder);
  }
  writeFileSync(join(dist, noticeFile), notice(root, [...packages].sort()));
}
