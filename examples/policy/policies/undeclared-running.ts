import type { StackValidationPolicy } from "@pulumi/policy";
import { Workspace } from "pulumi-ica";
import { type Exception, exceptions, reportUnlessExcused } from "../exceptions";

interface Config {
  readonly exceptions: Exception[];
}

/**
 * A running workspace costs money. Whether it runs is in its outputs, so this policy looks at the whole stack, after the
 * preview or update of its resources.
 */
export const undeclaredRunning: StackValidationPolicy = {
  name: "undeclared-running",
  description: "A workspace that runs is declared to run.",
  enforcementLevel: "advisory",
  configSchema: { properties: { exceptions } },
  validateStack: ({ resources, getConfig }, report) => {
    for (const resource of resources) {
      if (!resource.isType(Workspace)) continue;
      // With "stopped", pulumi up stops it.
      if (known(resource.props, "desiredState") !== undefined) continue;
      const status = known(resource.props, "status");
      if (status !== "Running" && status !== "Starting") continue;
      reportUnlessExcused(
        resource,
        getConfig<Config>().exceptions,
        report,
        `Its status is ${status}, and the program does not declare desiredState. Declare desiredState: "running" or "stopped".`,
      );
    }
  },
};

/** A property. Reading one that a preview does not know yet would end the policy for all resources. */
function known(props: Record<string, unknown>, name: string): unknown {
  return Object.getOwnPropertyDescriptor(props, name)?.value;
}
