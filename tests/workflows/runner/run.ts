import { mkdtemp } from "node:fs/promises";
import path from "node:path";
import type { Host, JobRecord, Trigger } from "./host";
import { jobRuns, repository, runJob } from "./job";
import { readWorkflow } from "./schema";

/**
 * Runs a workflow of examples/pull-request to its end, its jobs one after the other, as GitHub would for this trigger.
 * `folder` keeps what they write.
 */
export async function runWorkflow(
  name: string,
  host: Host,
  trigger: Trigger,
  folder: string,
): Promise<Record<string, JobRecord>> {
  const workflow = `.github/workflows/${name}.yml`;
  const { on, jobs } = await readWorkflow(path.join(repository, "examples/pull-request", workflow));
  if (on[trigger.event] === undefined) throw new Error(`the workflow does not start on ${trigger.event}`);
  const run = {
    host,
    trigger,
    workflow,
    artifacts: new Map<string, string>(),
    folder: await mkdtemp(path.join(folder, "run-")),
  };
  const records: Record<string, JobRecord> = {};
  for (const [id, job] of Object.entries(jobs)) {
    const needs = Object.fromEntries(
      job.needs.map((name) => {
        const record = records[name];
        if (record === undefined) throw new Error(`${id} needs ${name}, which stands below it`);
        return [name, record];
      }),
    );
    records[id] = (await jobRuns(run, job, needs))
      ? await runJob(run, id, job, needs)
      : { result: "skipped", outputs: {}, steps: [], summary: "" };
  }
  return records;
}
