import { type ResourceValidationPolicy, validateResourceOfType } from "@pulumi/policy";
import { BenchImage } from "pulumi-ica";
import { type Exception, exceptions, reportUnlessExcused } from "../exceptions";

interface Config {
  readonly exceptions: Exception[];
}

/** With verify: "run", an image that does not start under Bench's rules is not published. */
export const verifiedImages: ResourceValidationPolicy = {
  name: "verified-images",
  description: "An image is run under Bench's rules before it is published.",
  enforcementLevel: "advisory",
  configSchema: { properties: { exceptions } },
  validateResource: validateResourceOfType(BenchImage, ({ verify, existingId }, args, report) => {
    // An image that ICA has already is not published again.
    if (verify === "run" || existingId !== undefined) return;
    reportUnlessExcused(
      args,
      args.getConfig<Config>().exceptions,
      report,
      `verify is "${verify ?? "inspect"}". Declare verify: "run". It needs the image in the local Docker, so build.builder has to be left out.`,
    );
  }),
};
