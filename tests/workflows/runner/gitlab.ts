import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { command } from "../../support/programs/command";
import { repository } from "./job";
import { runScript } from "./process";

/** The part of .gitlab-ci.yml that this runner reads. `rules` are read, but not evaluated: a test names the job. */
const scalar = z.union([z.string(), z.number()]).transform(String);
const job = z.strictObject({
  stage: z.string(),
  image: z.string(),
  services: z.array(z.string()).optional(),
  rules: z.array(z.strictObject({ if: z.string(), when: z.string().optional() })),
  needs: z.array(z.strictObject({ job: z.string(), artifacts: z.boolean() })).default([]),
  environment: z.strictObject({ name: z.string(), action: z.string().optional() }).optional(),
  variables: z.record(z.string(), scalar).default({}),
  resource_group: z.string().optional(),
  timeout: z.string().optional(),
  cache: z.unknown().optional(),
  artifacts: z.strictObject({ when: z.string(), paths: z.array(z.string()), expire_in: z.string() }).optional(),
  script: z.array(z.string()),
});
const global = { workflow: z.unknown(), stages: z.array(z.string()) };
const pipeline = z.object(global).catchall(job);

/** A project on GitLab, and a machine for its jobs. */
export interface GitlabProject {
  readonly clone: string;
  readonly sha: string;
  /** Variables of the project by the environment that they are limited to. */
  readonly scoped: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What GitLab sets for each job of the pipeline. */
  readonly predefined: Readonly<Record<string, string>>;
  readonly machine: Readonly<Record<string, string>>;
  readonly home: string;
  readonly folder: string;
}

export interface GitlabJobRecord {
  readonly code: number;
  readonly log: string;
  /** Artifacts: a folder. */
  readonly artifacts: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Runs one job of examples/pull-request/.gitlab-ci.yml, with the artifacts of those before it. */
export async function runGitlabJob(
  name: string,
  project: GitlabProject,
  before: Readonly<Record<string, GitlabJobRecord>> = {},
): Promise<GitlabJobRecord> {
  const file = path.join(repository, "examples/pull-request/.gitlab-ci.yml");
  const found = job.parse(pipeline.parse(parse(await readFile(file, "utf8")))[name]);
  const folder = await mkdtemp(path.join(project.folder, `gitlab-${name}-`));
  const [workspace, artifacts, temp] = ["project", "artifacts", "temp"].map((each) => path.join(folder, each));
  if (workspace === undefined || artifacts === undefined || temp === undefined) throw new Error("no folders");
  await rm(project.home, { recursive: true, force: true });
  for (const each of [workspace, artifacts, temp, project.home]) await mkdir(each, { recursive: true });
  if (found.variables.GIT_STRATEGY !== "none") {
    await command("git", ["-C", workspace, "init", "--quiet"]);
    await command("git", ["-C", workspace, "fetch", "--quiet", "--depth=1", `file://${project.clone}`, project.sha]);
    await command("git", ["-C", workspace, "checkout", "--quiet", "FETCH_HEAD"]);
  }
  for (const { job: needed } of found.needs) {
    const record = before[needed];
    if (record === undefined) throw new Error(`${name} needs ${needed}`);
    await cp(record.artifacts, workspace, { recursive: true });
  }
  const predefined = { ...project.predefined, CI: "true", GITLAB_CI: "true", CI_PROJECT_DIR: workspace };
  const expanded = Object.entries(found.variables).map(
    ([key, value]) => [key, value.replaceAll("$CI_PROJECT_DIR", workspace)] as const,
  );
  const env = {
    ...project.machine,
    HOME: project.home,
    ...predefined,
    ...Object.fromEntries(expanded),
    ...project.scoped[found.environment?.name ?? ""],
  };
  const { code, log } = await runScript(found.script.join("\n"), { cwd: workspace, env, temp, strict: true });
  for (const each of found.artifacts?.paths ?? [])
    if (existsSync(path.join(workspace, each))) await cp(path.join(workspace, each), path.join(artifacts, each));
  return { code, log, artifacts, env };
}
