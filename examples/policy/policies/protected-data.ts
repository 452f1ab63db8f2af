import { type ResourceValidationPolicy, validateResourceOfType } from "@pulumi/policy";
import { Workspace } from "pulumi-ica";
import { type Exception, exceptions, reportUnlessExcused } from "../exceptions";

interface Config {
  readonly exceptions: Exception[];
}

/** Deleting or replacing a workspace destroys /data. Pulumi refuses both for a protected resource. */
export const protectedData: ResourceValidationPolicy = {
  name: "protected-data",
  description: "A workspace is protected, because its /data is lost when it is deleted or replaced.",
  enforcementLevel: "mandatory",
  configSchema: { properties: { exceptions } },
  validateResource: validateResourceOfType(Workspace, (_, args, report) => {
    if (args.opts.protect) return;
    reportUnlessExcused(
      args,
      args.getConfig<Config>().exceptions,
      report,
      "The option protect is not set. Add { protect: true } as the resource's third argument.",
    );
  }),
};
