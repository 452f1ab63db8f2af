import type { CheckFailure } from "../handler";

/**
 * Fields whose values may be shown, with their allowed keys: they hold switches, numbers and words of a fixed list. Any
 * other field may contain a secret, and the engine would print it in plain text beside a failure.
 */
const shown: Readonly<Record<string, readonly string[]>> = {
  access: ["web", "console"],
  allowDataLoss: [],
  allowRestart: [],
  archive: ["compression"],
  cluster: ["members", "maxMembers", "managerWeb", "dedicatedManager"],
  clusterCompatible: [],
  desiredState: [],
  ephemeralStorage: [],
  network: [],
  onDelete: [],
  storageGb: [],
  timeouts: ["create", "update", "delete"],
  users: [],
  verify: [],
};

/** Whether a message may contain the value at a path. */
export function mayShow([field, key, ...rest]: readonly PropertyKey[]): boolean {
  const keys = typeof field === "string" && Object.hasOwn(shown, field) ? shown[field] : undefined;
  return keys !== undefined && rest.length === 0 && (key === undefined || keys.includes(String(key)));
}

/**
 * Prepares failures for display. The engine does not support paths: beside a failure it prints the value of the field with
 * exactly that name, or `<nil>`. So each failure is attached to its field, with the path in its message. If the field's
 * value must stay hidden, the failure is attached to the resource.
 */
export function displayFailures(
  failures: readonly CheckFailure[],
  args: Readonly<Record<string, unknown>>,
): CheckFailure[] {
  return failures.map(({ property, reason }) => {
    const [field = ""] = property.split(/[.[]/, 1);
    if (field === "") {
      return { property: "", reason };
    }
    if (!isShown(field, args[field])) {
      return { property: "", reason: `${property}: ${reason}` };
    }
    return { property: field, reason: property === field ? reason : `${property}: ${reason}` };
  });
}

/** A key that does not belong in the field may contain anything. */
function isShown(field: string, value: unknown): boolean {
  if (typeof value !== "object" || value === null) {
    return mayShow([field]) && value !== undefined && value !== null;
  }
  return Object.entries(value).every(([key, inner]) => mayShow([field, key]) && typeof inner !== "object");
}
