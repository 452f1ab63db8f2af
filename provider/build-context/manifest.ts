import { ContextError } from "./error";

/** Name of the format. Any change of a rule in docs/context-hash.md needs a new number. */
const manifestVersion = "ica-bench-context-v1";

/** What goes into an image apart from the context's files. */
export interface BuildDeclaration {
  readonly target?: string | undefined;
  readonly args?: Readonly<Record<string, string>> | undefined;
  /** Ids, or a map by id as in the declaration; the values are never hashed. */
  readonly secrets?: readonly string[] | Readonly<Record<string, unknown>> | undefined;
  /** Ids for SSH, or a map by id; the values are never hashed. */
  readonly ssh?: readonly string[] | Readonly<Record<string, unknown>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** The user's own strings; their order matters. */
  readonly triggers?: readonly string[] | undefined;
}

/** One file or link, with the SHA-256 (hex) of its bytes or its target. */
export interface HashedEntry {
  readonly kind: "file" | "link";
  readonly path: string;
  readonly executable: boolean;
  readonly sha256: string;
}

/** The records of the canonical manifest, in order, each without its terminating NUL byte. See docs/context-hash.md. */
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

/** The manifest's bytes, which are hashed. */
export function manifestBytes(records: readonly string[]): Buffer {
  return Buffer.from(records.map((record) => `${record}\0`).join(""), "utf8");
}

/** `name=value` pairs, sorted by name. */
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

/** Converts each path to bytes only once, since there may be tens of thousands. */
function inByteOrder(entries: readonly HashedEntry[]): HashedEntry[] {
  return entries
    .map((entry) => ({ entry, key: Buffer.from(entry.path) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ entry }) => entry);
}

/** The order of the UTF-8 bytes. It differs from the order of JavaScript strings for characters beyond U+FFFF. */
function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function withoutNul(property: ContextError["property"], text: string): string {
  if (text.includes("\0")) {
    throw new ContextError(property, "must not hold a NUL character: no command line can pass it on");
  }
  return text;
}
