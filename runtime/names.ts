import { dockerLabel } from "./bench-facts";

/** The purpose of an object in Docker: the value of its label `pulumi-ica`. */
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

/** Value of {@link dockerLabel} on a user's own volume for /data, which belongs to no instance. */
export const keptDataValue = "kept-data";
/** Label key for the owner: one emulator, or one `ica-bench run`. */
export const instanceLabel = "pulumi-ica.instance";
/** Label key for the id of the workspace that an object belongs to. */
export const workspaceLabel = "pulumi-ica.workspace";

/**
 * Label key for the test run that created an object, so that concurrent runs on one engine can tell their objects
 * apart.
 */
const testRunLabel = "pulumi-ica.test-run";
/** Environment variable with the value of {@link testRunLabel}; `npm test` sets it. */
export const testRunVariable = "PULUMI_ICA_TEST_RUN";

/**
 * Names and labels in Docker. A name follows from the instance and the workspace, so that a later process finds
 * existing objects after a crash instead of creating them again.
 */
export class Names {
  /** @param instance marks the owner; lower case letters, digits and hyphens */
  constructor(readonly instance: string) {
    if (!/^[a-z0-9][a-z0-9-]{0,40}$/.test(instance)) {
      throw new Error(`"${instance}" cannot name an instance: use lower case letters, digits and hyphens.`);
    }
  }

  /** The network through which gateways reach the internet. Tests attach stand-in sites to it. */
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

  /** A container that only fills volumes and never starts. */
  setup(workspace: string): string {
    return `${this.container(workspace)}-setup`;
  }

  /** Labels of an object of the instance, or of one workspace. */
  labels(role: Role, workspace?: string): Record<string, string> {
    const testRun = process.env[testRunVariable];
    return {
      [dockerLabel]: role,
      [instanceLabel]: this.instance,
      ...(workspace === undefined ? {} : { [workspaceLabel]: workspace }),
      ...(testRun ? { [testRunLabel]: testRun } : {}),
    };
  }

  /** A Docker filter for all objects of the instance, or of one workspace. */
  filter(workspace?: string): { label: string[] } {
    const own = `${instanceLabel}=${this.instance}`;
    return { label: workspace === undefined ? [own] : [own, `${workspaceLabel}=${workspace}`] };
  }
}
