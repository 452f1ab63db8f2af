import { isDeepStrictEqual } from "node:util";

/** How a property differs. */
export type Kind = "add" | "delete" | "update";

/** The inputs that differ, by path: `access.console`, `allowedUrls[0]`. */
export function changedPaths(old: unknown, now: unknown, at = ""): Map<string, Kind> {
  if (isDeepStrictEqual(old, now)) {
    return new Map();
  }
  if (at !== "" && (old === undefined || now === undefined)) {
    return new Map([[at, old === undefined ? "add" : "delete"]]);
  }
  if (Array.isArray(old) && Array.isArray(now)) {
    const indices = Array.from({ length: Math.max(old.length, now.length) }, (_, i) => i);
    return new Map(indices.flatMap((i) => [...changedPaths(old[i], now[i], `${at}[${i}]`)]));
  }
  if (isRecord(old) && isRecord(now)) {
    const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
    return new Map(
      names.flatMap((name) => [...changedPaths(old[name], now[name], at === "" ? name : `${at}.${name}`)]),
    );
  }
  return new Map([[at, "update"]]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
