import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { LocalWorkspace, type PulumiFn, type Stack } from "@pulumi/pulumi/automation/index.js";
import type { TestBench } from "../bench";

const built = path.resolve(__dirname, "../../../dist/provider/plugin/main.js");
const repository = path.resolve(__dirname, "../../..");

/** A folder with a Pulumi.yaml that names the built plugin, below the repository, from where dynamic resources are found too. */
export async function pluginProject(bench: TestBench, project = "plugin-test"): Promise<string> {
  const workDir = path.join(repository, ".cache", `plugin-${path.basename(bench.dir)}`);
  const bin = path.join(workDir, "bin");
  await mkdir(bin, { recursive: true });
  await chmod(built, 0o755);
  await symlink(built, path.join(bin, "pulumi-resource-ica"));
  const file = { name: project, runtime: "nodejs", plugins: { providers: [{ name: "ica", path: bin }] } };
  await writeFile(path.join(workDir, "Pulumi.yaml"), JSON.stringify(file));
  return workDir;
}

/** A stack of an inline program that may use the plugin. */
export async function pluginStack(
  bench: TestBench,
  workDir: string,
  program: PulumiFn,
  stackName = "plugin",
): Promise<Stack> {
  return LocalWorkspace.createOrSelectStack(
    { stackName, projectName: "plugin-test", program },
    { workDir, envVars: bench.env },
  );
}
