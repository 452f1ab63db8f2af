import { type ResourceValidationPolicy, validateResourceOfType } from "@pulumi/policy";
import { Workspace } from "pulumi-ica";
import { type Exception, exceptions, reportUnlessExcused } from "../exceptions";

interface Config {
  readonly maxStorageGb: number;
  readonly exceptions: Exception[];
}

/** Storage costs as long as the workspace exists, running or not, and a disk cannot shrink. */
export const storageLimit: ResourceValidationPolicy = {
  name: "storage-limit",
  description: "The disk of a workspace has a limited size.",
  enforcementLevel: "mandatory",
  configSchema: {
    properties: { maxStorageGb: { type: "integer", minimum: 10, maximum: 65_536, default: 512 }, exceptions },
  },
  validateResource: validateResourceOfType(Workspace, ({ storageGb }, args, report) => {
    const config = args.getConfig<Config>();
    if (storageGb <= config.maxStorageGb) return;
    reportUnlessExcused(
      args,
      config.exceptions,
      report,
      `storageGb is ${storageGb}. Declare at most ${config.maxStorageGb}: a disk can grow later, but it cannot shrink.`,
    );
  }),
};
