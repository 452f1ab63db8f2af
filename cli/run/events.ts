import type { Finding } from "../../provider/contract/finding";

/** The items of the checklist, in order. */
export const stepTitles = {
  build: "Build the image",
  contract: "Check the contract",
  prepare: "Lay out network, disk and keys",
  start: "Start ica_start.sh as 1000:100",
  web: "Web server answers on 8888",
  console: "sshd answers on 2222",
} as const;

export type Step = keyof typeof stepTitles;

/** How to reach the running workspace. */
export interface Reachable {
  readonly web?: string;
  readonly console?: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    /** Generated for this run; appears only here. */
    readonly password: string;
    readonly command: string;
  };
}

/** Every event of `ica-bench run`. With `--json`, each is one line. */
export type RunEvent =
  | { readonly event: "plan"; readonly steps: readonly Step[] }
  | {
      readonly event: "step";
      readonly step: Step;
      /** `off`: this image does not offer it, so the step is skipped. */
      readonly state: "started" | "done" | "failed" | "off";
      readonly seconds?: number;
      readonly detail?: string;
    }
  | ({ readonly event: "finding"; readonly place?: string } & Omit<Finding, "at" | "line">)
  /** Names in Docker, for users who want to look inside; `outside` is the network of a restricted workspace's proxy. */
  | { readonly event: "made"; readonly container: string; readonly outside?: string }
  | ({ readonly event: "ready" } & Reachable)
  /** A line of the main process. */
  | { readonly event: "log"; readonly line: string }
  /** A connection that the proxy of a restricted workspace refused. */
  | { readonly event: "refused"; readonly method: string; readonly address: string; readonly status: number }
  /** The main process ended by itself. */
  | { readonly event: "ended"; readonly exitCode: number; readonly seconds: number; readonly restarts: number }
  | { readonly event: "note"; readonly message: string }
  | { readonly event: "stopping" }
  | { readonly event: "stopped"; readonly seconds: number; readonly killed: boolean }
  | { readonly event: "failed"; readonly message: string };

/** Reports events to a person or a program. */
export interface Reporter {
  tell(event: RunEvent): void;
}
