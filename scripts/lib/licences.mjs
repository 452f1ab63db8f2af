import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The folders of the packages whose code esbuild put into a bundle. */
export function packagesIn(metafile) {
  const packages = new Set();
  for (const output of Object.values(metafile.outputs))
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];
      if (folder !== undefined && bytesInOutput > 0) packages.add(folder);
    }
  return packages;
}

/** The licence texts, each once, with the packages that it is for. */
export function notice(root, folders) {
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

/** The licence and notice files of a package; without one, what its README says, or this package's own where it is the same. */
function licence(root, folder) {
  const files = licenceFiles(folder);
  const named = manifestOf(folder).license;
  if (files.length === 0 && named === manifestOf(root).license) files.push(...licenceFiles(root));
  const texts = files.map((file) => readFileSync(file, "utf8").trim());
  if (texts.length === 0) texts.push(...licenceInReadme(folder));
  if (texts.length === 0)
    throw new Error(`${folder} (${named}) has no licence file: state its licence before you bundle it`);
  return texts.join("\n\n");
}

/** The chapter of the README that holds the whole licence, copyright and permission. */
function licenceInReadme(folder) {
  const readme = readdirSync(folder).find((file) => /^readme(\.md)?$/i.test(file));
  if (readme === undefined) return [];
  const chapters = readFileSync(join(folder, readme), "utf8").split(/^(?=#|.+\n[-=]{3,}$)/m);
  return chapters.filter((one) => /^#* *licen[cs]e/i.test(one) && /copyright/i.test(one) && /permission/i.test(one));
}

const licenceFiles = (folder) =>
  readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    .map((file) => join(folder, file));

const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
