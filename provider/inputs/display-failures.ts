import type { CheckFailure } from "../handler";

/**
 * Fields that hold switches, numbers and words of a fixed list, with what may be in them: their values may be shown. Any other field
 * may hold what the program calls a secret, which the engine prints in plain text beside a failure.
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

/** Whether the value at a path may stand in a message. */
export function mayShow([field, key, ...rest]: readonly PropertyKey[]): boolean {
  const keys = typeof field === "string" && Object.hasOwn(shown, field) ? shown[field] : undefined;
  return keys !== undefined && rest.length === 0 && (key === undefined || keys.includes(String(key)));
}

/**
 * Failures as the engine is to show them. It knows no paths: beside a failure it prints the value of the field of exactly that name,
 * and `<nil>` where there is none. So each stands at its field, with the path in the words; and where the field's value must not be
 * seen, at the resource.
 */
export function displayFailures(
  failures: readonly CheckFailure[],
  args: Readonly<Record<string, unknown>>,
): CheckFailure[] {
  return failures.map(({ property, reason }) => {
    const [field = ""] = property.split(/[.[]/, 1);
    if (field === "") return { property: "", reason };
    if (!isShown(field, args[field])) return { property: "", reason: `${property}: ${reason}` };
    return { property: field, reason: property === field ? reason : `${property}: ${reason}` };
  });
}

/** A key that does not belong in the field may hold anything. */
function isShown(field: string, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return mayShow([field]) && value !== undefined && value !== null;
  return Object.entries(value).every(([key, inner]) => mayShow([field, key]) && typeof inner !== "object");
}
