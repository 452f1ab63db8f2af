import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { OutputMap, Stack, UpdateSummary } from "@pulumi/pulumi/automation/index.js";
import { z } from "zod";
import { hiddenKey } from "../../provider/pulumi/secret-outputs";

const summary = z.looseObject({
  startTime: z.number(),
  endTime: z.number(),
  result: z.string(),
  resourceChanges: z.record(z.string(), z.number()).optional(),
});
const state = z.object({
  checkpoint: z.object({
    latest: z
      .object({
        resources: z
          .array(z.object({ type: z.string(), outputs: z.record(z.string(), z.unknown()).optional() }))
          .optional(),
      })
      .nullish(),
  }),
});

/**
 * Makes a stack read its outputs and the summary of its last update from the files of its backend.
 *
 * The automation API starts pulumi three more times after each command for these, which is a third of the processor time
 * of the engine tests. Outputs with a secret are still read by pulumi.
 *
 * @param backend the folder of the file backend
 */
export function readsItsFiles(stack: Stack, backend: string, project: string): Stack {
  const { workspace } = stack;
  const byPulumi = workspace.stackOutputs.bind(workspace);
  workspace.stackOutputs = async (name) =>
    (await plainOutputs(path.join(backend, ".pulumi", "stacks", project, `${name}.json`))) ?? byPulumi(name);
  stack.info = () => lastUpdate(path.join(backend, ".pulumi", "history", project, stack.name));
  return stack;
}

async function plainOutputs(file: string): Promise<OutputMap | undefined> {
  const { checkpoint } = state.parse(JSON.parse(await readFile(file, "utf8")));
  const outputs = checkpoint.latest?.resources?.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
  if (JSON.stringify(outputs).includes(hiddenKey)) return undefined;
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { value, secret: false }]));
}

/** Pulumi's history has a file for each update, with its time in nanoseconds in the name. */
async function lastUpdate(folder: string): Promise<UpdateSummary | undefined> {
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".history.json"));
  const last = files.sort().at(-1);
  if (last === undefined) return undefined;
  const { startTime, endTime, ...rest } = summary.parse(JSON.parse(await readFile(path.join(folder, last), "utf8")));
  return { ...rest, startTime: new Date(startTime * 1000), endTime: new Date(endTime * 1000) } as UpdateSummary;
}
