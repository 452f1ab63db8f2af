import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheFolder } from "../paths.mjs";
import { find, findAll, isExecutable, run } from "../process.mjs";
import { Remedy, say, step } from "../progress.mjs";
import { buildFromModules } from "./go-command.mjs";
import { installDynamicProvider, installLanguageHost } from "./language-host.mjs";
import { downloadPulumi } from "./pulumi-official.mjs";

/** The release to fetch when there is none. Its modules are known to build; those of 3.265 and newer do not. */
const release = "v3.259.0";
const oldest = [3, 200];

const modules = "github.com/pulumi/pulumi";

/** @type {import("./go-command.mjs").GoCommand} */
const engine = {
  file: "pulumi",
  package: `${modules}/pkg/v3/cmd/pulumi`,
  version: release,
  // Names both, because Go would otherwise choose a newer sdk, which lacks packages that this pkg needs.
  requires: [`${modules}/pkg/v3`, `${modules}/sdk/v3`],
  link: `-X ${modules}/sdk/v3/go/common/version.Version=${release}`,
  takes: "five minutes",
};

/**
 * What runs a program in YAML. It does not compile with the engine's version of Pulumi's modules, so it is built on its own.
 *
 * @type {import("./go-command.mjs").GoCommand}
 */
const yamlHost = {
  file: "pulumi-language-yaml",
  package: `${modules}-yaml/cmd/pulumi-language-yaml`,
  version: "v1.25.0",
  takes: "three minutes",
};

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

/** Builds the commands that `folder` lacks. Returns why each of them failed. */
async function buildMissing(commands, folder) {
  const missing = commands.filter(({ file }) => !isExecutable(join(folder, file)));
  // In parallel: much of the time, each waits for modules to arrive.
  const problems = await Promise.all(missing.map((command) => buildFromModules(command, folder)));
  return new Map(missing.map(({ file }, index) => [file, problems[index]]));
}

/** Adds a folder with those of the engine's programs that `found` lacks, if it lacks some. */
async function completed(found, withYaml) {
  const extra = join(cacheFolder, "bin");
  const besides = [];
  if (!find("pulumi-resource-pulumi-nodejs", [found.folder])) {
    installDynamicProvider(extra);
    besides.push(extra);
  }
  if (withYaml && !find(yamlHost.file, [found.folder])) {
    const problem = (await buildMissing([yamlHost], extra)).get(yamlHost.file);
    if (problem) sayNoYaml(problem);
    else besides.push(extra);
  }
  return { said: found.said, value: [found.folder, ...new Set(besides.map((each) => realpathSync(each)))] };
}

function sayNoYaml(problem) {
  say(`              ${yamlHost.file} is not there: programs in YAML do not run. ${problem}`);
}

/**
 * Provides the pulumi command with a language host for Node.js: the one on PATH, otherwise the official release,
 * otherwise a build from source with a stand-in for the language host, whose source is not published as a module.
 *
 * @param {boolean} withYaml also the language host for YAML, where it can be had; the official release has it
 * @returns {Promise<string[]>} folders that PATH must begin with
 */
export function pulumi(withYaml) {
  return step("pulumi", async () => {
    const official = join(cacheFolder, `pulumi-${release}-official`);
    const built = join(cacheFolder, `pulumi-${release}`);

    const whole = (await onPath()) ?? (await inCache(official, "downloaded before"));
    if (whole) return completed(whole, withYaml);
    const before = await inCache(built, "built before");
    const noDownload = before ? "not needed" : await downloadPulumi(release, official);
    const downloaded = noDownload ? undefined : await inCache(official, "downloaded");
    if (downloaded) return completed(downloaded, withYaml);
    const problems = await buildMissing(withYaml ? [engine, yamlHost] : [engine], built);
    const noYaml = problems.get(yamlHost.file);
    if (noYaml) sayNoYaml(noYaml);
    const compiled = before ?? (await inCache(built, "built from its Go modules"));
    if (compiled) {
      installLanguageHost(compiled.folder);
      return { said: compiled.said, value: [realpathSync(compiled.folder)] };
    }
    const noBuild = problems.get(engine.file);
    throw new Remedy(
      `There is no usable pulumi on PATH. Download: ${noDownload ?? "the program does not run here"}. From source: ${noBuild ?? "the program does not run here"}.`,
      "install Pulumi (https://www.pulumi.com/docs/iac/download-install/), or Go 1.24 or newer (https://go.dev/dl/) to have it built here.",
    );
  });
}
