import { type ResourceValidationPolicy, validateResourceOfType } from "@pulumi/policy";
import { Workspace } from "pulumi-ica";
import { type Exception, exceptions, reportUnlessExcused } from "../exceptions";

interface Config {
  readonly exceptions: Exception[];
}

/** A public network lets people in a workspace send its data anywhere. */
export const publicNetwork: ResourceValidationPolicy = {
  name: "public-network",
  description: "A workspace has no public network.",
  enforcementLevel: "mandatory",
  configSchema: { properties: { exceptions } },
  validateResource: validateResourceOfType(Workspace, ({ network }, args, report) => {
    if (network !== "public") return;
    reportUnlessExcused(
      args,
      args.getConfig<Config>().exceptions,
      report,
      'network is "public". Declare network: "restricted" with the allowedUrls that the workspace needs.',
    );
  }),
};
