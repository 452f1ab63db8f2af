import type { Permissions } from "./schema";

/** What GitHub knows of a repository, and the machine that runs its jobs. */
export interface Host {
  /** owner/name */
  readonly repository: string;
  /** A bare clone; `refs/pull/N/merge` is there for each pull request. */
  readonly clone: string;
  readonly vars: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** Address of the REST API. */
  readonly apiUrl: string;
  /** Variables that each step gets from the machine. */
  readonly machine: Readonly<Record<string, string>>;
  /** The home folder of the machine's user. It is empty at the start of each job, as on GitHub's own machines. */
  readonly home: string;
  /** Entries of actions/cache by key, each a folder. They outlive a run. */
  readonly caches: Map<string, string>;
  /** A new token that may do this. */
  issueToken(permissions: Permissions): string;
}

/** What starts a run. */
export interface Trigger {
  readonly event: "pull_request" | "push" | "schedule";
  /** Written to GITHUB_EVENT_PATH. */
  readonly payload: Readonly<Record<string, unknown>>;
  readonly ref: string;
  readonly sha: string;
  /** From a fork, or by Dependabot: no secrets, and a token that may only read. */
  readonly restricted: boolean;
  readonly runId: number;
  readonly attempt: number;
}

/** A step that ran. */
export interface StepRecord {
  readonly name: string;
  readonly code: number;
  readonly log: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface JobRecord {
  readonly result: "success" | "failure" | "skipped";
  readonly outputs: Readonly<Record<string, string>>;
  readonly steps: readonly StepRecord[];
  /** Job summary, in Markdown. */
  readonly summary: string;
}

/** One run of a workflow. */
export interface Run {
  readonly host: Host;
  readonly trigger: Trigger;
  /** Path of the workflow in the repository. */
  readonly workflow: string;
  /** Folders by name of the artifact. */
  readonly artifacts: Map<string, string>;
  /** Holds the folders of all jobs. */
  readonly folder: string;
}
