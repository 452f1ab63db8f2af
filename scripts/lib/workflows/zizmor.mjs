import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../paths.mjs";
import { find, isExecutable, run, tail } from "../process.mjs";
import { begin } from "../progress.mjs";

const version = "1.32.0";

/** The first Python that has pip. */
async function python() {
  for (const name of ["python3", "python"]) {
    const path = find(name) ?? find(name, (process.env.PATH ?? "").split(":"));
    if (path && (await run(path, ["-m", "pip", "--version"], { timeout: 30_000 })).code === 0) return path;
  }
  return undefined;
}

/**
 * zizmor, installed from its Python wheel into a folder of the cache. The wheel contains the finished program.
 *
 * @returns {Promise<import("./lint.mjs").Provided>}
 */
export async function zizmor() {
  const folder = join(cacheFolder, `zizmor-${version}`);
  const program = join(folder, "bin", "zizmor");
  if (isExecutable(program)) return { program };
  const interpreter = await python();
  if (!interpreter) return { missing: "Python with pip is not installed" };
  begin("zizmor", `installing ${version} with pip (only this once)`);
  mkdirSync(cacheFolder, { recursive: true });
  const workshop = mkdtempSync(`${folder}-installing-`);
  try {
    const options = ["--quiet", "--disable-pip-version-check", "--no-input", "--only-binary=:all:"];
    const { code, output } = await run(
      interpreter,
      ["-m", "pip", "install", ...options, "--target", workshop, `zizmor==${version}`],
      { timeout: 300_000 },
    );
    if (code !== 0) return { failed: `\`pip install\` ended with code ${code}:\n${tail(output, 8)}` };
    rmSync(folder, { recursive: true, force: true });
    renameSync(workshop, folder);
    return { program };
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}
