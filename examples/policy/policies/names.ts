import {
  type ReportViolation,
  type ResourceValidationArgs,
  type ResourceValidationPolicy,
  validateResourceOfType,
} from "@pulumi/policy";
import { BenchImage, Workspace } from "pulumi-ica";
import { type Exception, exceptions, reportUnlessExcused } from "../exceptions";

interface Config {
  readonly pattern: string;
  readonly exceptions: Exception[];
}

/** Names in ICA that people can type, sort and search. */
export const names: ResourceValidationPolicy = {
  name: "names",
  description: "The name of a workspace or an image follows the pattern.",
  enforcementLevel: "advisory",
  configSchema: {
    properties: { pattern: { type: "string", format: "regex", default: "[a-z][a-z0-9-]{2,62}" }, exceptions },
  },
  validateResource: [
    validateResourceOfType(Workspace, ({ name }, args, report) => judge(name, args, report)),
    validateResourceOfType(BenchImage, ({ name }, args, report) => judge(name, args, report)),
  ],
};

function judge(name: string | undefined, args: ResourceValidationArgs, report: ReportViolation): void {
  const config = args.getConfig<Config>();
  // The pattern describes the whole name.
  if (name === undefined || new RegExp(`^(?:${config.pattern})$`).test(name)) return;
  reportUnlessExcused(args, config.exceptions, report, `The name is "${name}". The pattern is: ${config.pattern}`);
}
