import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { comment } from "../../../cli/comment/comment";
import { markerFor, markerLine } from "../../../cli/comment/marker";
import { type PreviewReport, parseReport, scopeOf } from "../../../cli/preview/report/report";
import { FakeClock } from "../../support/fake-clock";
import { actionsEnvironment, pullRequestEvent, type RunOf } from "../../support/servers/github/events";
import type { GithubServer } from "../../support/servers/github/server";

/** Commits, by a letter. */
export const sha = (letter: string) => letter.repeat(40);

/** The report of a preview, of a stack that changes one resource unless the overrides say otherwise. */
export function reportOf(overrides: Partial<PreviewReport> = {}): PreviewReport {
  return {
    version: 1,
    stack: { name: "dev", project: "team" },
    time: "2026-01-02T03:04:05Z",
    run: {},
    refreshed: true,
    outcome: "changes",
    ...{ dangers: [], clicks: [], images: [], workspaces: [], drift: [], gone: [], policies: [], findings: [] },
    others: [bucket("logs")],
    ...{ errors: [], warnings: [], notJudged: [] },
    ...overrides,
  };
}

/** The same stack when nothing changes. */
export const unchanged = () => reportOf({ outcome: "unchanged", others: [] });

/** A resource of another provider that is created. */
export function bucket(name: string): PreviewReport["others"][number] {
  const type = "aws:s3/bucket:Bucket";
  return { resource: { urn: `urn:pulumi:dev::team::${type}::${name}`, type, name }, op: "create", changes: [] };
}

/** A report whose whole text is longer than GitHub takes. */
export function longReport(): PreviewReport {
  const name = (i: number) => `bucket-${String(i).padStart(4, "0")}-${"x".repeat(80)}`;
  const changes = [{ field: "tags", before: "b".repeat(300), after: "a".repeat(300) }];
  return reportOf({ others: Array.from({ length: 400 }, (_, i) => ({ ...bucket(name(i)), op: "update", changes })) });
}

/** The hidden first line of a comment about the stack of {@link reportOf}. */
export function markerOf(run: { number: number; attempt?: number; workflow?: string }, stack = "dev"): string {
  const workflow = "team/stacks/.github/workflows/preview.yml";
  return markerLine(markerFor(scopeOf({ stack: { name: stack, project: "team" } }), { attempt: 1, workflow, ...run }));
}

/** A folder for reports and events, and runs of the command in this process, without waiting. */
export class Job {
  readonly clock = new FakeClock();
  readonly folder: string;
  readonly #github: GithubServer;
  #reports = 0;

  private constructor(folder: string, github: GithubServer) {
    this.folder = folder;
    this.#github = github;
  }

  static async start(github: GithubServer): Promise<Job> {
    return new Job(await mkdtemp(path.join(tmpdir(), "pulumi-ica-comment-")), github);
  }

  async end(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async write(report: PreviewReport): Promise<string> {
    const file = path.join(this.folder, `report-${++this.#reports}.json`);
    const text = JSON.stringify(report);
    parseReport(text);
    await writeFile(file, text);
    return file;
  }

  /** The environment of a run for pull request 7. */
  environment(run: Partial<RunOf> = {}): Promise<Record<string, string>> {
    const whole = { number: 812, sha: sha("a"), ...run };
    return actionsEnvironment(
      this.#github,
      this.folder,
      "pull_request",
      pullRequestEvent(this.#github, 7, whole),
      whole,
    );
  }

  /** Runs `ica-bench comment` for pull request 7; returns what it prints. */
  async comment(
    report: PreviewReport,
    run: Partial<RunOf> = {},
    {
      env = {},
      pr,
      dryRun = false,
      issue = false,
    }: { env?: Record<string, string | undefined>; pr?: number; dryRun?: boolean; issue?: boolean } = {},
  ): Promise<string> {
    const environment = { ...(await this.environment(run)), ...env };
    const options = { file: await this.write(report), dryRun, issue, ...(pr === undefined ? {} : { pr }) };
    return comment(options, environment, { clock: this.clock, settleMs: 1000, secondMs: 5 });
  }
}
