import { delimiter, join } from "node:path";
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
