import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { startTestBench, type TestBench } from "../engine/bench";
import { settingsOf } from "../engine/workspaces/workspaces";
import { command } from "../support/programs/command";
import type { StoredComment } from "../support/servers/github/answers";
import { pullRequestEvent } from "../support/servers/github/events";
import { GithubServer } from "../support/servers/github/server";
import { ExampleRepository } from "./example-repository";
import { type Machine, startMachine } from "./machine/machine";
import { runGitlabJob } from "./runner/gitlab";
import type { Host, JobRecord, Trigger } from "./runner/host";
import { runScript } from "./runner/process";
import { runWorkflow } from "./runner/run";

/** The environment variables of the emulator and the engine that are secrets of the repository. */
const secretNames = ["ICA_API_KEY", "PULUMI_CONFIG_PASSPHRASE"];
const variableNames = ["ICA_PROJECT_ID", "PULUMI_BACKEND_URL"];

const listed = z.object({ items: z.array(z.looseObject({ id: z.string(), name: z.string() })) });

/** A pull request of the example's repository. */
interface Pull {
  readonly number: number;
  readonly branch: string;
  readonly head: string;
  /** The owner of the fork that it comes from. */
  readonly fork?: string;
  readonly author?: string;
}

/** examples/pull-request on a GitHub, with machines that run its workflows against an emulator and the real engine. */
export class HostedExample {
  #runs = 0;

  private constructor(
    readonly bench: TestBench,
    readonly github: GithubServer,
    readonly repository: ExampleRepository,
    private readonly machine: Machine,
    private readonly folder: string,
    readonly host: Host,
  ) {}

  static async start(): Promise<HostedExample> {
    const folder = await mkdtemp(path.join(tmpdir(), "pulumi-ica-workflows-"));
    // The settings that the example declares: what ICA reports differently is drift, every night.
    const clicked = { clusterCompatible: false, access: { web: false, console: true } };
    const bench = await startTestBench({ benchSettings: clicked });
    const github = await GithubServer.start();
    const settings = { ...bench.env, PULUMI_CONFIG_PASSPHRASE: "correct horse battery staple" };
    const repository = await ExampleRepository.in(folder, settings);
    const only = (keep: (name: string) => boolean) =>
      Object.fromEntries(Object.entries(settings).filter(([name]) => keep(name)));
    const machine = await startMachine(
      folder,
      only((name) => !secretNames.includes(name) && !variableNames.includes(name)),
    );
    let tokens = 0;
    const host: Host = {
      repository: github.repo,
      clone: repository.clone,
      vars: only((name) => variableNames.includes(name)),
      secrets: only((name) => secretNames.includes(name)),
      apiUrl: github.url,
      machine: machine.env,
      home: machine.home,
      caches: new Map(),
      issueToken(permissions) {
        const token = `ghs_${++tokens}`;
        const mayWrite = permissions["pull-requests"] === "write" || permissions.issues === "write";
        github.hasAccount(token, { login: "github-actions[bot]", type: "Bot", mayWrite });
        return token;
      },
    };
    return new HostedExample(bench, github, repository, machine, folder, host);
  }

  /** Runs merge.yml for the newest commit of main. */
  async merge(): Promise<Record<string, JobRecord>> {
    const sha = await this.repository.main();
    return this.#run("merge", {
      event: "push",
      payload: { after: sha },
      ref: "refs/heads/main",
      sha,
      restricted: false,
    });
  }

  /** Runs pull-request.yml, as after a push to this pull request. */
  async push({ number, branch, head, fork, author = "ada" }: Pull): Promise<Record<string, JobRecord>> {
    const event = pullRequestEvent(this.github, number, {
      number: 1,
      sha: head,
      ...(fork === undefined ? {} : { fork }),
    });
    const payload: Record<string, unknown> = JSON.parse(JSON.stringify(event));
    return this.#run("pull-request", {
      event: "pull_request",
      payload: { ...payload, pull_request: { ...Object(payload.pull_request), user: { login: author } } },
      ref: `refs/pull/${number}/merge`,
      sha: await this.repository.merged(number, branch),
      restricted: fork !== undefined || author === "dependabot[bot]",
    });
  }

  /** Runs drift.yml, as its schedule does. */
  async night(): Promise<Record<string, JobRecord>> {
    const sha = await this.repository.main();
    return this.#run("drift", { event: "schedule", payload: {}, ref: "refs/heads/main", sha, restricted: false });
  }

  /** The report of the preview job of .gitlab-ci.yml for a commit. */
  async gitlabPreview(sha: string): Promise<string> {
    const { clone, machine, home, vars, secrets } = this.host;
    const project = { clone, sha, machine, home, folder: this.folder, predefined: {} };
    const job = await runGitlabJob("preview", { ...project, scoped: { "bench-preview": { ...vars, ...secrets } } });
    assert.equal(job.code, 0, job.log);
    return readFile(path.join(job.artifacts, "report.json"), "utf8");
  }

  /** The report of ci/preview.sh for a commit. */
  async shellPreview(sha: string): Promise<string> {
    const cwd = await mkdtemp(path.join(this.folder, "shell-"));
    const { clone, machine, home, vars, secrets } = this.host;
    await command("git", ["clone", "--quiet", clone, cwd]);
    await command("git", ["-C", cwd, "checkout", "--quiet", sha]);
    const env = { ...machine, HOME: home, ...vars, ...secrets };
    const { code, log } = await runScript("exec ci/preview.sh dev", { cwd, env, temp: this.folder, strict: false });
    assert.equal(code, 0, log);
    return readFile(path.join(cwd, "report.json"), "utf8");
  }

  /** Changes settings of a workspace on ICA's page. `name` is that of the program. */
  async changeByHand(name: string, changes: Readonly<Record<string, unknown>>): Promise<void> {
    const below = `/api/projects/${this.bench.projectId}/workspaces`;
    const { items } = listed.parse((await this.bench.byHand("GET", `${below}?pageSize=1000`)).body);
    const found = items.find((each) => each.name === `bench-pull-request-dev-${name}`);
    assert.ok(found !== undefined, JSON.stringify(items));
    const { status, body } = await this.bench.byHand("PUT", `${below}/${found.id}`, {
      ...settingsOf(found),
      ...changes,
    });
    assert.equal(status, 200, JSON.stringify(body));
  }

  /** The comments of a pull request. */
  comments(pull: number): StoredComment[] {
    return this.github.comments.filter(({ issue }) => issue === pull);
  }

  async close(): Promise<void> {
    await this.machine.close();
    await this.github.close();
    const docker = process.env.ICA_BENCH_DOCKER ?? "docker";
    await this.bench.close();
    const { stdout } = await command(docker, ["image", "ls", "--quiet", "--filter", "reference=pulumi-ica/analysis"]);
    const images = stdout.split("\n").filter((id) => id !== "");
    if (images.length > 0) await command(docker, ["image", "rm", "--force", ...images]);
    await rm(this.folder, { recursive: true, force: true });
  }

  #run(name: string, trigger: Omit<Trigger, "runId" | "attempt">): Promise<Record<string, JobRecord>> {
    return runWorkflow(name, this.host, { ...trigger, runId: ++this.#runs, attempt: 1 }, this.folder);
  }
}
