import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../paths.mjs";
import { findGo, isExecutable, run, tail } from "../process.mjs";
import { begin } from "../progress.mjs";

const version = "v1.7.12";

/**
 * actionlint, built from its Go module into the cache.
 *
 * @returns {Promise<import("./lint.mjs").Provided>}
 */
export async function actionlint() {
  const folder = join(cacheFolder, `actionlint-${version}`);
  const program = join(folder, "actionlint");
  if (isExecutable(program)) return { program };
  const go = findGo();
  if (!go) return { missing: "Go is not installed" };
  begin("actionlint", `building ${version} from its Go module (less than a minute, only this once)`);
  mkdirSync(cacheFolder, { recursive: true });
  const workshop = mkdtempSync(`${folder}-building-`);
  try {
    const env = { ...process.env, GOBIN: workshop, GOFLAGS: "", GOWORK: "off", CGO_ENABLED: "0" };
    const { code, output } = await run(go, ["install", `github.com/rhysd/actionlint/cmd/actionlint@${version}`], {
      env,
    });
    if (code !== 0) return { failed: `\`go install\` ended with code ${code}:\n${tail(output, 8)}` };
    rmSync(folder, { recursive: true, force: true });
    renameSync(workshop, folder);
    return { program };
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}
