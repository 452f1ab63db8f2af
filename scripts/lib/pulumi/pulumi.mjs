import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheFolder } from "../paths.mjs";
import { find, findAll, isExecutable, run } from "../process.mjs";
import { Remedy, say, step } from "../progress.mjs";
import { installDynamicProvider, installLanguageHost } from "./language-host.mjs";
import { downloadPulumi } from "./pulumi-official.mjs";
import { buildPulumi } from "./pulumi-source.mjs";

/** The release to fetch when there is none. Its modules are known to build; those of 3.265 and newer do not. */
const release = "v3.259.0";
const oldest = [3, 200];

async function versionOf(pulumi) {
  const { code, stdout } = await run(pulumi, ["version"], {
    env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    timeout: 30_000,
  });
  return code === 0 ? stdout.trim() : undefined;
}

function isRecent(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

/** The folder of an official installation on PATH that is recent enough and complete. */
async function onPath() {
  for (const path of findAll("pulumi")) {
    const real = dirname(realpathSync(path));
    if (real.startsWith(cacheFolder)) continue; // ours, on PATH because of the lines that set-up prints
    const version = await versionOf(path);
    if (!version) continue;
    const folder = [dirname(path), real].find((each) => isExecutable(join(each, "pulumi-language-nodejs")));
    if (folder && isRecent(version)) return { folder: dirname(path), said: `${version} is on PATH (${path})` };
    const lack = folder ? `${oldest.join(".")} or newer is needed` : "pulumi-language-nodejs is not beside it";
    say(`              ${path} is ${version}: not used, ${lack}`);
  }
  return undefined;
}

/** A release that was downloaded or built before and still works. */
async function inCache(folder, how) {
  const pulumi = join(folder, "pulumi");
  const version = isExecutable(pulumi) ? await versionOf(pulumi) : undefined;
  return version ? { folder, said: `${version} is there, ${how} (${folder})` } : undefined;
}

/**
 * Provides the pulumi command with a language host for Node.js: the one on PATH, otherwise the official release,
 * otherwise a build from source with a stand-in for the language host, whose source is not published as a module.
 *
 * @returns {Promise<string[]>} folders that PATH must begin with
 */
export function pulumi() {
  return step("pulumi", async () => {
    const official = join(cacheFolder, `pulumi-${release}-official`);
    const built = join(cacheFolder, `pulumi-${release}`);
    const withDynamicProvider = (found) => {
      if (find("pulumi-resource-pulumi-nodejs", [found.folder])) return { said: found.said, value: [found.folder] };
      const extra = join(cacheFolder, "bin");
      installDynamicProvider(extra);
      return { said: found.said, value: [found.folder, realpathSync(extra)] };
    };
    const withStandIn = (found) => {
      installLanguageHost(found.folder);
      return { said: found.said, value: [realpathSync(found.folder)] };
    };

    const whole = (await onPath()) ?? (await inCache(official, "downloaded before"));
    if (whole) return withDynamicProvider(whole);
    const before = await inCache(built, "built before");
    if (before) return withStandIn(before);

    const noDownload = await downloadPulumi(release, official);
    const downloaded = noDownload ? undefined : await inCache(official, "downloaded");
    if (downloaded) return withDynamicProvider(downloaded);
    const noBuild = await buildPulumi(release, built);
    const compiled = noBuild ? undefined : await inCache(built, "built from its Go modules");
    if (compiled) return withStandIn(compiled);
    throw new Remedy(
      `There is no usable pulumi on PATH. Download: ${noDownload ?? "the program does not run here"}. From source: ${noBuild ?? "the program does not run here"}.`,
      "install Pulumi (https://www.pulumi.com/docs/iac/download-install/), or Go 1.24 or newer (https://go.dev/dl/) to have it built here.",
    );
  });
}
