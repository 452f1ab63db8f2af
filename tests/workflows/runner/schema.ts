import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";

/**
 * The part of GitHub's workflow and action files that this runner knows. Objects are strict: a file that uses something
 * else fails the test, instead of running without it.
 */
const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const scalars = z.record(z.string(), scalar);
const permissions = z.record(z.string(), z.enum(["read", "write", "none"]));

const step = z.strictObject({
  id: z.string().optional(),
  name: z.string().optional(),
  if: scalar.optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  shell: z.literal("bash").optional(),
  with: scalars.default({}),
  env: scalars.default({}),
  "working-directory": z.string().optional(),
});

const job = z.strictObject({
  needs: z.union([z.string().transform((name) => [name]), z.array(z.string())]).default([]),
  if: scalar.optional(),
  "runs-on": z.literal("ubuntu-latest"),
  "timeout-minutes": z.number(),
  permissions,
  outputs: scalars.default({}),
  env: scalars.default({}),
  steps: z.array(step),
});

const workflow = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  concurrency: z.strictObject({ group: z.string(), "cancel-in-progress": scalar }),
  /** Each job names its own. */
  permissions: z.strictObject({}),
  jobs: z.record(z.string(), job),
});

const action = z.strictObject({
  name: z.string(),
  description: z.string(),
  branding: z.unknown(),
  inputs: z.record(
    z.string(),
    z.strictObject({ description: z.string(), required: z.boolean().default(false), default: scalar.optional() }),
  ),
  outputs: z.record(z.string(), z.strictObject({ description: z.string(), value: z.string() })).default({}),
  runs: z.strictObject({ using: z.literal("composite"), steps: z.array(step) }),
});

export type Step = z.output<typeof step>;
export type Job = z.output<typeof job>;
export type Workflow = z.output<typeof workflow>;
export type Action = z.output<typeof action>;
export type Permissions = z.output<typeof permissions>;

export async function readWorkflow(file: string): Promise<Workflow> {
  return workflow.parse(parse(await readFile(file, "utf8")));
}

export async function readAction(file: string): Promise<Action> {
  return action.parse(parse(await readFile(file, "utf8")));
}
