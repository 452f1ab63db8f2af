import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../paths.mjs";
import { find, findGo, isExecutable, run, tail } from "../process.mjs";
import { begin, step } from "../progress.mjs";

/** Versions that are known to build from their modules and to work together. */
const tools = {
  buildx: {
    module: "github.com/docker/buildx",
    version: "v0.29.1",
    versionAt: "github.com/docker/buildx/version.Version",
  },
  buildkitd: {
    module: "github.com/moby/buildkit",
    version: "v0.26.2",
    versionAt: "github.com/moby/buildkit/version.Version",
  },
};

/** Why this machine cannot run a separate BuildKit; undefined when it can. */
export function whyNoBuildKit() {
  if (process.platform !== "linux") return "a separate buildkitd runs on Linux only";
  if (process.getuid?.() !== 0) return "a separate buildkitd needs root here";
  if (!find("runc") && !find("buildkit-runc"))
    return "buildkitd needs runc (package runc, which docker.io brings along)";
  return undefined;
}

/** The folder of a module's source in Go's cache, where it builds with exactly the versions of its release. */
async function sourceOf(go, { module, version }, env) {
  const { code, stdout, output } = await run(go, ["mod", "download", "-json", `${module}@${version}`], { env });
  if (code !== 0)
    return { refusal: `\`go mod download ${module}@${version}\` ended with code ${code}:\n${tail(output, 5)}` };
  return { folder: JSON.parse(stdout).Dir };
}

async function build(go, name, folder) {
  const { version, versionAt } = tools[name];
  begin(name, `building ${version} from its Go modules (a minute or more, only this once)`);
  const env = { ...process.env, GOFLAGS: "-mod=readonly -buildvcs=false", GOWORK: "off", CGO_ENABLED: "0" };
  const source = await sourceOf(go, tools[name], env);
  if (source.refusal) return source.refusal;
  // In the target folder, so that the finished program moves into place in one step and no process sees an incomplete
  // one.
  const workshop = mkdtempSync(join(folder, "building-"));
  try {
    const made = join(workshop, name);
    const args = ["build", "-ldflags", `-s -w -X ${versionAt}=${version}`, "-o", made, `./cmd/${name}`];
    const { code, output } = await run(go, args, { cwd: source.folder, env });
    if (code !== 0) return `\`go build ./cmd/${name}\` of ${version} ended with code ${code}:\n${tail(output, 8)}`;
    renameSync(made, join(folder, `${name}-${version}`));
    return undefined;
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

/**
 * Provides buildx and buildkitd; builds them from their Go modules if necessary. `go install …@version` refuses both
 * (their go.mod replace or exclude versions), so each is built in its own source.
 *
 * @returns {Promise<{ buildx: string, buildkitd: string } | { refusal: string }>} full paths, or why there are none
 */
export function buildKit() {
  return step("buildkit", async () => {
    const folder = join(cacheFolder, "buildkit");
    mkdirSync(folder, { recursive: true });
    const places = Object.fromEntries(
      Object.entries(tools).map(([name, { version }]) => [name, join(folder, `${name}-${version}`)]),
    );
    const missing = Object.keys(tools).filter((name) => !existsSync(places[name]) || !isExecutable(places[name]));
    if (missing.length === 0)
      return { said: `buildx and buildkitd are there, built before (${folder})`, value: places };
    const go = findGo();
    if (!go) return { said: "Go is not installed", value: { refusal: "Go is not installed (https://go.dev/dl/)" } };
    for (const name of missing) {
      const refusal = await build(go, name, folder);
      if (refusal) return { said: `${name} could not be built`, value: { refusal } };
    }
    return { said: `built ${missing.join(" and ")} (${folder})`, value: places };
  });
}
