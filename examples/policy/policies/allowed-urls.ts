import { type ResourceValidationPolicy, validateResourceOfType } from "@pulumi/policy";
import { Workspace } from "pulumi-ica";
import { covers } from "../covers";
import { type Exception, exceptions, reportUnlessExcused } from "../exceptions";

interface Config {
  readonly allowed: string[];
  readonly exceptions: Exception[];
}

/** What a restricted workspace may connect to. An entry of the list also allows what lies below it. */
export const allowedUrls: ResourceValidationPolicy = {
  name: "allowed-urls",
  description: "A workspace connects only to addresses on the list.",
  enforcementLevel: "mandatory",
  configSchema: {
    properties: {
      allowed: {
        type: "array",
        items: { type: "string", minLength: 1 },
        default: [
          "https://cran.r-project.org",
          "https://bioconductor.org",
          "https://pypi.org",
          "https://*.pythonhosted.org",
        ],
      },
      exceptions,
    },
  },
  validateResource: validateResourceOfType(Workspace, ({ allowedUrls: declared = [] }, args, report) => {
    const config = args.getConfig<Config>();
    for (const url of declared) {
      if (config.allowed.some((entry) => covers(entry, url))) continue;
      reportUnlessExcused(
        args,
        config.exceptions,
        report,
        `allowedUrls has ${url}. The list has: ${config.allowed.join(", ") || "nothing"}.`,
      );
    }
  }),
};
