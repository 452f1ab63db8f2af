import { ContextError } from "./error";

/** Names the format; a change of any rule in docs/context-hash.md gives it a new number. */
export const manifestVersion = "ica-bench-context-v1";

/** What goes into an image beside the files of the context. */
export interface BuildDeclaration {
  readonly target?: string | undefined;
  readonly args?: Readonly<Record<string, string>> | undefined;
  /** Ids, or a map by id as in the declaration; values never count. */
  readonly secrets?: readonly string[] | Readonly<Record<string, unknown>> | undefined;
  /** Ids that the build may use SSH by, or a map by id; what is behind them never counts. */
  readonly ssh?: readonly string[] | Readonly<Record<string, unknown>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Texts of the user's own; the order counts. */
  readonly triggers?: readonly string[] | undefined;
}

/** One file or link, with the SHA-256 (hex) of its bytes or of its target. */
export interface HashedEntry {
  readonly kind: "file" | "link";
  readonly path: string;
  readonly executable: boolean;
  readonly sha256: string;
}

/** The records of the canonical manifest, in order, each without the NUL byte that ends it. See docs/context-hash.md. */
export function manifestRecords(
  build: BuildDeclaration,
  dockerfileSha256: string,
  entries: readonly HashedEntry[],
): string[] {
  return [
    manifestVersion,
    "platform linux/amd64",
    `dockerfile ${dockerfileSha256}`,
    ...(build.target === undefined ? [] : [`target ${withoutNul("build.target", build.target)}`]),
    ...pairs(build.args).map((pair) => `arg ${withoutNul("build.args", pair)}`),
    ...ids(build.secrets).map((id) => `secret ${withoutNul("build.secrets", id)}`),
    ...ids(build.ssh).map((id) => `ssh ${withoutNul("build.ssh", id)}`),
    ...pairs(build.labels).map((pair) => `label ${withoutNul("build.labels", pair)}`),
    ...(build.triggers ?? []).map((trigger) => `trigger ${withoutNul("build.triggers", trigger)}`),
    ...inByteOrder(entries).map(({ kind, executable, sha256, path }) =>
      kind === "file" ? `file ${executable ? "x" : "-"} ${sha256} ${path}` : `link ${sha256} ${path}`,
    ),
  ];
}

/** The manifest as the bytes that are hashed. */
export function manifestBytes(records: readonly string[]): Buffer {
  return Buffer.from(records.map((record) => `${record}\0`).join(""), "utf8");
}

/** `name=value` each, by name. */
function pairs(values: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(values)
    .sort(([a], [b]) => byteOrder(a, b))
    .map(([name, value]) => `${name}=${value}`);
}

function ids(declared: BuildDeclaration["secrets"] = {}): string[] {
  return [...new Set(isList(declared) ? declared : Object.keys(declared))].sort(byteOrder);
}

function isList(declared: NonNullable<BuildDeclaration["secrets"]>): declared is readonly string[] {
  return Array.isArray(declared);
}

/** With each path turned into bytes once: there may be tens of thousands. */
function inByteOrder(entries: readonly HashedEntry[]): HashedEntry[] {
  return entries
    .map((entry) => ({ entry, key: Buffer.from(entry.path) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ entry }) => entry);
}

/** The order of the UTF-8 bytes, which is not that of JavaScript's strings for characters beyond U+FFFF. */
function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function withoutNul(property: ContextError["property"], text: string): string {
  if (text.includes("\0"))
    throw new ContextError(property, "must not hold a NUL character: no command line can pass it on");
  return text;
}
