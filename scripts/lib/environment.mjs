import { mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { findAll } from "./process.mjs";
import { shellWord } from "./pulumi/language-host.mjs";

/** Of `folders`, those that PATH has to begin with for its first pulumi to be the one in the first of them. */
function missingFolders(folders) {
  const path = (process.env.PATH ?? "").split(delimiter);
  const first = findAll("pulumi")[0];
  // Left alone where nothing has to change: a folder moved to the front brings its other programs with it.
  return folders.filter((folder, index) => !path.includes(folder) || (index === 0 && first !== join(folder, "pulumi")));
}

function variables(docker) {
  return { ICA_BENCH_DOCKER: docker, DOCKER_BUILDKIT: "1", PULUMI_SKIP_UPDATE_CHECK: "true" };
}

/**
 * The environment that the demo, the tests and the benchmarks run with.
 *
 * @param {{ docker: string, folders: string[] }} found the docker client to use; folders that PATH needs
 */
export function environment({ docker, folders }) {
  const path = [...missingFolders(folders), process.env.PATH ?? ""].join(delimiter);
  return { ...process.env, PATH: path, ...variables(docker) };
}

/** The same for a person's shell: lines to `eval`. */
export function exportLines({ docker, folders }) {
  const missing = missingFolders(folders).map((folder) => shellWord(folder) + delimiter);
  const lines = Object.entries(variables(docker)).map(([name, value]) => `export ${name}=${shellWord(value)}`);
  return missing.length > 0 ? [`export PATH=${missing.join("")}"$PATH"`, ...lines] : lines;
}

/**
 * An engine of one's own in `folder`: its state, its login and its plugins, apart from those of the user.
 * Stacks are protected with an empty passphrase: for demos and tests, not for anything real.
 */
export function pulumiHome(folder) {
  const state = join(folder, "state");
  const home = join(folder, "home");
  mkdirSync(state, { recursive: true });
  mkdirSync(home, { recursive: true });
  return {
    PULUMI_BACKEND_URL: pathToFileURL(state).href,
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_HOME: home,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}
