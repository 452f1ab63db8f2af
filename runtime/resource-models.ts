import type Dockerode from "dockerode";

/** The size of a machine. */
interface ResourceModel {
  readonly cpus: number;
  readonly memoryGb: number;
}

/**
 * The sizes that the vendor's page about workspaces gives in full. Tenants differ, and the list continues with GPU
 * models whose numbers could not be read; an unknown model is not an error.
 */
const models: Readonly<Record<string, ResourceModel>> = {
  "standard-small": { cpus: 2, memoryGb: 8 },
  "standard-medium": { cpus: 4, memoryGb: 16 },
  "standard-large": { cpus: 8, memoryGb: 32 },
  "standard-xlarge": { cpus: 16, memoryGb: 64 },
  "standard-2xlarge": { cpus: 32, memoryGb: 128 },
};

const gb = 1024 ** 3;

/** Docker's limits; empty for an unknown model. */
export interface Limits {
  readonly NanoCpus?: number;
  readonly Memory?: number;
  /** GPUs of the machine. */
  readonly DeviceRequests?: Dockerode.DeviceRequest[];
}

/** Whether the size of a model is known. */
export function isKnownModel(model: string): boolean {
  return Object.hasOwn(models, model);
}

/**
 * The limits of a model on this machine. Never more than the machine has, because Docker refuses more CPUs than there
 * are. A model of unknown size gets half of the machine and leaves the rest free. The empty name means no model.
 */
export function limitsOf(model: string, machine: { cpus: number; memoryBytes: number }): Limits {
  if (model === "") {
    return {};
  }
  const known = isKnownModel(model) ? models[model] : undefined;
  if (known === undefined) {
    return { NanoCpus: Math.max(1, machine.cpus / 2) * 1e9, Memory: Math.floor(machine.memoryBytes / 2) };
  }
  return {
    NanoCpus: Math.min(known.cpus, machine.cpus) * 1e9,
    Memory: Math.min(known.memoryGb * gb, machine.memoryBytes),
  };
}

/**
 * Maximum size of /tmp, which is in memory: a quarter of the memory. Bench's documents name no size [GAP].
 *
 * @param memoryBytes the workspace's memory
 */
export function temporaryBytesOf(memoryBytes: number): number {
  return Math.floor(memoryBytes / 4);
}
