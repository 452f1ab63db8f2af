import { type Limits, type Standalone, standalone, type WorkspaceSpec } from "pulumi-ica-emulator/runtime";
import type { ReadyImage } from "./image";
import type { RunOptions } from "./options";

/** The workspace to run, and the values that it gets. */
export function specOf(
  { reference, access }: ReadyImage,
  options: RunOptions,
  { id, number, webHost }: { id: string; number: string; webHost: string },
): { spec: WorkspaceSpec; given: Standalone } {
  const given = standalone({ access, restricted: options.restricted }, webHost, number);
  const { environment } = given;
  const taken = options.env.find(([name]) => Object.hasOwn(environment, name));
  if (taken !== undefined) {
    throw new Error(`--env ${taken[0]}: Bench sets this variable itself, so the image must live with its value.`);
  }
  const spec: WorkspaceSpec = {
    id,
    image: reference,
    // No limits except those from the options.
    resourceModel: "",
    access,
    network: options.restricted
      ? { mode: "RESTRICTED", allowedUrls: options.allow }
      : { mode: "PUBLIC", allowedUrls: [], allowPrivate: options.allowPrivate },
    environment: { ...environment, ...Object.fromEntries(options.env) },
    limits: limitsOf(options),
    ...(options.data === undefined ? {} : { keptData: options.data }),
  };
  return { spec, given };
}

function limitsOf({ memory, cpus, gpus }: RunOptions): Limits {
  return {
    ...(memory === undefined ? {} : { Memory: memory }),
    ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
    ...(gpus === undefined ? {} : { DeviceRequests: [{ Count: gpus, Capabilities: [["gpu"]] }] }),
  };
}
