import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";

/** What Pulumi takes for the plugin in a clone. */
export const pluginFolder = path.resolve(__dirname, "../../../plugin");

/** Names the plugin in the project of a stack, so that its program may use it. */
export async function withPlugin(stack: Stack): Promise<Stack> {
  const { workspace } = stack;
  const settings = await workspace.projectSettings();
  const plugins = { providers: [{ name: "ica", path: pluginFolder }] };
  await writeFile(path.join(workspace.workDir, "Pulumi.yaml"), JSON.stringify({ ...settings, plugins }));
  return stack;
}
