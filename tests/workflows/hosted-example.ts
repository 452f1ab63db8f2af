import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startTestBench, type TestBench } from "../engine/bench";
import { command } from "../support/command";
import type { StoredComment } from "../support/servers/github/answers";
import { pullRequestEvent } from "../support/servers/github/events";
import { GithubServer } from "../support/servers/github/server";
import { ExampleRepository } from "./example-repository";
import { type Machine, startMachine } from "./machine/machine";
import type { Host, JobRecord, Trigger } from "./runner/host";
import { runWorkflow } from "./runner/run";

/** The environment variables of the emulator and the engine that are secrets of the repository. */
const secretNames = ["ICA_API_KEY", "PULUMI_CONFIG_PASSPHRASE"];
const variableNames = ["ICA_PROJECT_ID", "PULUMI_BACKEND_URL"];

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
    const bench = await startTestBench();
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
