import { type ResourceValidationPolicy, validateResourceOfType } from "@pulumi/policy";
import { Workspace } from "pulumi-ica";
import { type Exception, exceptions, reportUnlessExcused } from "../exceptions";

interface Config {
  readonly allowed: string[];
  readonly exceptions: Exception[];
}

/** The resource model sets the price of an hour. */
export const resourceModels: ResourceValidationPolicy = {
  name: "resource-models",
  description: "The resource model of a workspace is on the list.",
  enforcementLevel: "mandatory",
  configSchema: {
    properties: {
      allowed: {
        type: "array",
        items: { type: "string", minLength: 1 },
        minItems: 1,
        default: ["standard-small", "standard-medium", "standard-large"],
      },
      exceptions,
    },
  },
  validateResource: validateResourceOfType(Workspace, ({ resourceModel }, args, report) => {
    const config = args.getConfig<Config>();
    if (config.allowed.includes(resourceModel)) return;
    reportUnlessExcused(
      args,
      config.exceptions,
      report,
      `resourceModel is "${resourceModel}". Declare one of: ${config.allowed.join(", ")}.`,
    );
  }),
};
