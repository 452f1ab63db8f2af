/** What a thing in Docker is for: the value of its label `pulumi-ica`. */
export type Role =
  | "workspace"
  | "gateway"
  | "network"
  | "outside"
  | "data"
  | "auth"
  | "software"
  | "setup"
  | "gateway-image";

/** Label key of everything this project makes in Docker; the value is a {@link Role}. */
export const LABEL = "pulumi-ica";
/** Value of {@link LABEL} on a volume for /data that belongs to a person, and to no instance. */
export const KEPT_DATA = "kept-data";
/** Label key that tells whose it is: one emulator, or one `ica-bench run`. */
export const INSTANCE_LABEL = "pulumi-ica.instance";
/** Label key with the id of the workspace, on what belongs to one. */
export const WORKSPACE_LABEL = "pulumi-ica.workspace";

/** Label key with the run of tests that something was made in, so that runs at the same engine tell theirs apart. */
export const TEST_RUN_LABEL = "pulumi-ica.test-run";
/** Variable with the value of {@link TEST_RUN_LABEL}; `npm test` sets it. */
export const TEST_RUN_VARIABLE = "PULUMI_ICA_TEST_RUN";

/**
 * Names and labels in Docker. A name follows from the instance and the workspace, so that whoever comes after a crash
 * finds what is there instead of making it a second time.
 */
export class Names {
  /** @param instance names the owner; lower case letters, digits and hyphens */
  constructor(readonly instance: string) {
    if (!/^[a-z0-9][a-z0-9-]{0,40}$/.test(instance)) {
      throw new Error(`"${instance}" cannot name an instance: use lower case letters, digits and hyphens.`);
    }
  }

  /** The network through which gateways reach the world. Stand-in sites of tests are attached to it. */
  get outside(): string {
    return `pulumi-ica-${this.instance}-outside`;
  }

  /** The volume behind /data/.software of every workspace. */
  get software(): string {
    return `pulumi-ica-${this.instance}-software`;
  }

  container(workspace: string): string {
    return `pulumi-ica-${this.instance}-${workspace}`;
  }

  gateway(workspace: string): string {
    return `${this.container(workspace)}-gateway`;
  }

  network(workspace: string): string {
    return `${this.container(workspace)}-network`;
  }

  data(workspace: string): string {
    return `${this.container(workspace)}-data`;
  }

  auth(workspace: string): string {
    return `${this.container(workspace)}-auth`;
  }

  /** A container that is made to fill volumes and never started. */
  setup(workspace: string): string {
    return `${this.container(workspace)}-setup`;
  }

  /** Labels of something that belongs to the instance, or to one workspace of it. */
  labels(role: Role, workspace?: string): Record<string, string> {
    const testRun = process.env[TEST_RUN_VARIABLE];
    return {
      [LABEL]: role,
      [INSTANCE_LABEL]: this.instance,
      ...(workspace === undefined ? {} : { [WORKSPACE_LABEL]: workspace }),
      ...(testRun ? { [TEST_RUN_LABEL]: testRun } : {}),
    };
  }

  /** A Docker filter for all that belongs to the instance, or to one workspace of it. */
  filter(workspace?: string): { label: string[] } {
    const own = `${INSTANCE_LABEL}=${this.instance}`;
    return { label: workspace === undefined ? [own] : [own, `${WORKSPACE_LABEL}=${workspace}`] };
  }
}
