import { mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { findAll } from "./process.mjs";
import { shellWord } from "./pulumi/language-host.mjs";

/** The folders that must go to the front of PATH so that its first pulumi is the one in the first folder. */
function missingFolders(folders) {
  const path = (process.env.PATH ?? "").split(delimiter);
  const first = findAll("pulumi")[0];
  // Leaves PATH alone where possible, because a folder moved to the front brings its other programs with it.
  return folders.filter((folder, index) => !path.includes(folder) || (index === 0 && first !== join(folder, "pulumi")));
}

function variables(docker) {
  return { ICA_BENCH_DOCKER: docker, DOCKER_BUILDKIT: "1", PULUMI_SKIP_UPDATE_CHECK: "true" };
}

/**
 * The environment for the demo, the tests and the benchmarks.
 *
 * @param {{ docker: string, folders: string[] }} found the docker client to use; folders that PATH needs
 */
export function environment({ docker, folders }) {
  const path = [...missingFolders(folders), process.env.PATH ?? ""].join(delimiter);
  return { ...process.env, PATH: path, ...variables(docker) };
}

/** The same for a shell, as lines to `eval`. */
export function exportLines({ docker, folders }) {
  const missing = missingFolders(folders).map((folder) => shellWord(folder) + delimiter);
  const lines = Object.entries(variables(docker)).map(([name, value]) => `export ${name}=${shellWord(value)}`);
  return missing.length > 0 ? [`export PATH=${missing.join("")}"$PATH"`, ...lines] : lines;
}

/**
 * A separate Pulumi engine in `folder`: its state, login and plugins are apart from the user's. An empty passphrase
 * protects the stacks: for demos and tests, not for real use.
 */
function pulumiHome(folder) {
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
