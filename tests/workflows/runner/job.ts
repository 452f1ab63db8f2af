import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { actionsByName } from "./actions";
import { filled, filledAll, holds, type Scope } from "./expressions";
import { hashFiles } from "./files";
import type { JobRecord, Run, StepRecord } from "./host";
import { runScript } from "./process";
import { type Job, type Permissions, readAction, type Step } from "./schema";

export const repository = path.resolve(__dirname, "../../..");

/** Our own actions, from this folder, at the version that package.json has. */
const own = /^pulumi-ica\/pulumi-ica(?:\/([\w/-]+))?@v\d+\.\d+\.\d+$/;

/** A job under way. */
export interface JobRun extends Run {
  readonly id: string;
  readonly token: string;
  /** GITHUB_WORKSPACE and RUNNER_TEMP, empty at the start. */
  readonly workspace: string;
  readonly temp: string;
  /** Called after all steps, the last one first; only after success. */
  readonly posts: (() => Promise<void>)[];
  readonly records: StepRecord[];
  summary: string;
}

interface StepsState {
  readonly contexts: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
  readonly steps: Record<string, { outputs: Readonly<Record<string, string>>; outcome: "success" | "failure" }>;
  status: "success" | "failure";
}

/** Runs one job on a machine of its own: clean folders, its own token, and of the secrets what its steps name. */
export async function runJob(run: Run, id: string, job: Job, needs: Record<string, JobRecord>): Promise<JobRecord> {
  const { host, trigger } = run;
  const granted = trigger.restricted ? readOnly(job.permissions) : job.permissions;
  const folder = await realpath(await mkdtemp(path.join(run.folder, `${id}-`)));
  const jobRun: JobRun = {
    ...run,
    id,
    token: host.issueToken(granted),
    workspace: path.join(folder, "workspace"),
    temp: path.join(folder, "temp"),
    posts: [],
    records: [],
    summary: "",
  };
  await rm(host.home, { recursive: true, force: true });
  for (const each of [jobRun.workspace, jobRun.temp, host.home]) await mkdir(each, { recursive: true });
  const state: StepsState = { contexts: contextsOf(jobRun, needs), env: {}, steps: {}, status: "success" };
  const ready = {
    ...state,
    env: { ...(await environment(jobRun)), ...(await filledAll(job.env, scope(jobRun, state))) },
  };
  await runSteps(jobRun, job.steps, ready);
  if (ready.status === "success") for (const post of jobRun.posts.reverse()) await post();
  const outputs = await filledAll(job.outputs, scope(jobRun, ready));
  return { result: ready.status, outputs, steps: jobRun.records, summary: jobRun.summary };
}

/** Whether a job runs at all, from its `if` and the jobs that it needs. */
export function jobRuns(run: Run, job: Job, needs: Record<string, JobRecord>): Promise<boolean> {
  const status = Object.values(needs).every(({ result }) => result === "success") ? "success" : "failure";
  const contexts = { github: githubContext(run), needs };
  return holds(job.if, { contexts, status, hashFiles: () => "" });
}

async function runSteps(run: JobRun, steps: readonly Step[], state: StepsState): Promise<void> {
  for (const step of steps) {
    if (!(await holds(step.if, scope(run, state)))) continue;
    const { code, outputs } = await runStep(run, step, state);
    const outcome = code === 0 ? "success" : "failure";
    if (step.id !== undefined) state.steps[step.id] = { outputs, outcome };
    if (outcome === "failure") state.status = "failure";
  }
}

type StepEnd = { readonly code: number; readonly outputs: Readonly<Record<string, string>> };

async function runStep(run: JobRun, step: Step, state: StepsState): Promise<StepEnd> {
  const seen = scope(run, state);
  const env = { ...state.env, ...(await filledAll(step.env, seen)) };
  const given = await filledAll(step.with, seen);
  if (step.uses === undefined) {
    const cwd = path.resolve(run.workspace, await filled(step["working-directory"] ?? ".", seen));
    const script = await filled(step.run ?? "", seen);
    const ended = await runScript(script, { cwd, env, temp: run.temp, strict: step.shell === "bash" });
    run.summary += ended.summary;
    run.records.push({ name: step.name ?? script, code: ended.code, log: ended.log, env });
    return ended;
  }
  const ours = own.exec(step.uses);
  if (ours !== null) return runComposite(run, path.join(repository, ours[1] ?? ""), given, { ...state, env });
  const action = actionsByName[step.uses.replace(/@.*$/, "")];
  if (action === undefined) throw new Error(`this runner knows no ${step.uses}`);
  run.records.push({ name: step.uses, code: 0, log: "", env });
  await action(run, given);
  return { code: 0, outputs: {} };
}

async function runComposite(
  run: JobRun,
  folder: string,
  given: Readonly<Record<string, string>>,
  outer: StepsState,
): Promise<StepEnd> {
  const { inputs: declared, outputs, runs } = await readAction(path.join(folder, "action.yml"));
  const unknown = Object.keys(given).filter((name) => declared[name] === undefined);
  if (unknown.length > 0) throw new Error(`${folder} has no input ${unknown.join(", ")}`);
  const defaults = Object.fromEntries(Object.entries(declared).map(([name, input]) => [name, input.default ?? ""]));
  const missing = Object.entries(declared).filter(([name, { required }]) => required && (given[name] ?? "") === "");
  if (missing.length > 0) throw new Error(`${folder} needs ${missing.map(([name]) => name).join(", ")}`);
  const inputs = { ...(await filledAll(defaults, scope(run, outer))), ...given };
  // An action sees neither secrets nor variables: only its inputs.
  const { github, runner } = outer.contexts;
  const state: StepsState = {
    contexts: { github, runner, inputs },
    env: { ...outer.env, GITHUB_ACTION_PATH: folder },
    steps: {},
    status: "success",
  };
  await runSteps(run, runs.steps, state);
  const values = Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  return { code: state.status === "success" ? 0 : 1, outputs: await filledAll(values, scope(run, state)) };
}

function scope(run: JobRun, state: StepsState): Scope {
  return {
    contexts: { ...state.contexts, steps: state.steps },
    status: state.status,
    hashFiles: (patterns) => hashFiles(run.workspace, patterns),
  };
}

function githubContext({ host, trigger }: Run) {
  return {
    event: trigger.payload,
    event_name: trigger.event,
    repository: host.repository,
    ref: trigger.ref,
    sha: trigger.sha,
    run_id: String(trigger.runId),
    server_url: "https://github.com",
  };
}

function contextsOf(run: JobRun, needs: Record<string, JobRecord>): Record<string, unknown> {
  return {
    github: { ...githubContext(run), token: run.token },
    runner: { os: "Linux", temp: run.temp },
    secrets: run.trigger.restricted ? {} : run.host.secrets,
    vars: run.host.vars,
    needs,
  };
}

/** The variables that GitHub sets for each step. The token is not among them: a step gets it only where it is named. */
async function environment(run: JobRun): Promise<Record<string, string>> {
  const { host, trigger } = run;
  const event = path.join(run.temp, "event.json");
  await writeFile(event, JSON.stringify(trigger.payload));
  return {
    ...host.machine,
    HOME: host.home,
    CI: "true",
    GITHUB_ACTIONS: "true",
    GITHUB_API_URL: host.apiUrl,
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_EVENT_NAME: trigger.event,
    GITHUB_EVENT_PATH: event,
    GITHUB_JOB: run.id,
    GITHUB_REF: trigger.ref,
    GITHUB_REPOSITORY: host.repository,
    GITHUB_RUN_ID: String(trigger.runId),
    GITHUB_RUN_NUMBER: String(trigger.runId),
    GITHUB_RUN_ATTEMPT: String(trigger.attempt),
    GITHUB_SHA: trigger.sha,
    GITHUB_WORKFLOW_REF: `${host.repository}/${run.workflow}@${trigger.ref}`,
    GITHUB_WORKSPACE: run.workspace,
    RUNNER_OS: "Linux",
    RUNNER_TEMP: run.temp,
  };
}

/** What GitHub leaves of a token's permissions for a fork. */
function readOnly(permissions: Permissions): Permissions {
  return Object.fromEntries(
    Object.entries(permissions).map(([name, level]) => [name, level === "write" ? "read" : level]),
  );
}
