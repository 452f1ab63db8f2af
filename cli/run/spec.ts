import { randomBytes, randomUUID } from "node:crypto";
import { NAMESPACE } from "../../emulator/workspaces/view";
import { benchEnvironment, type Limits, type WorkspaceSpec } from "../../runtime";
import type { ReadyImage } from "./image";
import type { RunOptions } from "./options";

/** Where ICA is for a workspace on the public address (vendor's page on Bench). */
const ICA_URL = "https://ica.illumina.com/ica";

/** What to run, and the key that its environment holds: one that opens nothing, and is blanked in what is shown. */
export function specOf(
  { reference, access }: ReadyImage,
  options: RunOptions,
  { id, number, webHost }: { id: string; number: string; webHost: string },
): { spec: WorkspaceSpec; apiKey: string } {
  const apiKey = randomBytes(24).toString("base64url");
  const environment = benchEnvironment({
    benchHost: webHost,
    icaUrl: ICA_URL,
    projectId: randomUUID(),
    number,
    namespace: NAMESPACE,
    access,
    restricted: options.restricted,
    apiKey,
  });
  const taken = options.env.find(([name]) => Object.hasOwn(environment, name));
  if (taken !== undefined) {
    throw new Error(`--env ${taken[0]}: Bench sets this variable itself, so the image must live with its value.`);
  }
  const spec: WorkspaceSpec = {
    id,
    image: reference,
    // no limits but those that were asked for
    resourceModel: "",
    access,
    network: options.restricted
      ? { mode: "RESTRICTED", allowedUrls: options.allow }
      : { mode: "PUBLIC", allowedUrls: [] },
    environment: { ...environment, ...Object.fromEntries(options.env) },
    limits: limitsOf(options),
    ...(options.data === undefined ? {} : { keptData: options.data }),
  };
  return { spec, apiKey };
}

function limitsOf({ memory, cpus, gpus }: RunOptions): Limits {
  return {
    ...(memory === undefined ? {} : { Memory: memory }),
    ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
    ...(gpus === undefined ? {} : { DeviceRequests: [{ Count: gpus, Capabilities: [["gpu"]] }] }),
  };
}
