import { relative, sep } from "node:path";
import type { PathChange } from "../build-context/changes/changes";
import { type BuildFiles, changesOfFiles, digestOf, type FileChanges } from "../build-context/changes/digest";
import { dockerfilePath } from "../build-context/hash";
import type { Build } from "./inputs";
import type { BenchImageState } from "./state";

/** Largest number of reasons in one line. */
const atMost = 12;
/** Number of characters shown of a path or FROM line. */
const shownLength = 120;

type Before = Pick<BenchImageState, "build" | "image" | "contextHash" | "__contextDigest">;
type Now = { readonly build?: Build | undefined; readonly image?: string | undefined; readonly contextHash: string };

/**
 * Explains why new content is published: how the declaration and files in the state differ from the current ones. Values of
 * args, labels, secrets and triggers are never shown. `files` are the ones behind the new hash; undefined when this process
 * has not read them.
 */
export function rebuildReasons(before: Before, now: Now, files: BuildFiles | undefined): string {
  return line(reasonsOf(before, now, files));
}

/** The differences between two builds whose files are both known. */
export function changedFiles(before: BuildFiles, now: BuildFiles, build: Build): string {
  const changes = changesOfFiles(digestOf(before, Number.MAX_SAFE_INTEGER), now);
  return line(changes === undefined ? [] : fileReasons(changes, build));
}

function line(reasons: readonly string[]): string {
  const more = reasons.length - atMost;
  return [...reasons.slice(0, atMost), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}

function reasonsOf(before: Before, now: Now, files: BuildFiles | undefined): string[] {
  if (now.build === undefined || before.build === undefined) return [otherSource(before, now)];
  const declared = declaredReasons(before.build, now.build);
  const changes = files && changesOfFiles(before.__contextDigest, files);
  const seen = changes === undefined ? [] : fileReasons(changes, now.build);
  if (changes?.paths === undefined)
    return [...declared, ...seen, "whether files changed, and which, cannot be told: the state has no record of them"];
  return declared.length + seen.length > 0
    ? [...declared, ...seen]
    : ["its content changed, in what the state has no record of"];
}

function otherSource(before: Before, now: Now): string {
  if (now.image === undefined)
    return before.image === undefined ? "its source changed" : "build took the place of image";
  if (before.image === undefined) return "image took the place of build";
  const short = (hash: string) => hash.slice(0, 12);
  return `the local image has the content ${short(now.contextHash)}, and had ${short(before.contextHash)}`;
}

function declaredReasons(before: Build, now: Build): string[] {
  const named = (what: string, old: object | undefined, next: object | undefined): string[] => {
    const [a, b] = [new Map(Object.entries(old ?? {})), new Map(Object.entries(next ?? {}))];
    return [...new Set([...a.keys(), ...b.keys()])].flatMap((name) => {
      if (!b.has(name)) return [`build.${what}.${shown(name)} removed`];
      if (!a.has(name)) return [`build.${what}.${shown(name)} added`];
      // The source of a secret or a key is not part of the content.
      return what === "secrets" || what === "ssh" || a.get(name) === b.get(name)
        ? []
        : [`build.${what}.${shown(name)} changed`];
    });
  };
  return [
    ...named("args", before.args, now.args),
    ...(before.target === now.target ? [] : ["build.target changed"]),
    ...named("secrets", before.secrets, now.secrets),
    ...named("ssh", before.ssh, now.ssh),
    ...named("labels", before.labels, now.labels),
    ...(JSON.stringify(before.triggers ?? []) === JSON.stringify(now.triggers ?? []) ? [] : ["build.triggers changed"]),
  ];
}

function fileReasons({ dockerfile, from, paths }: FileChanges, build: Build): string[] {
  const bases = from === undefined ? [] : fromReasons(from.before, from.now);
  const own = relative(build.context, dockerfilePath(build)).split(sep).join("/");
  // Report the Dockerfile once, and not again as a file of the context.
  const others = (paths ?? []).filter(({ path }) => path !== own || !dockerfile);
  const ordered = (["changed", "removed", "added"] as const).flatMap((kind) =>
    others.filter(({ what }) => what === kind),
  );
  return [...(dockerfile ? (bases.length > 0 ? bases : ["the Dockerfile changed"]) : []), ...ordered.map(pathReason)];
}

function fromReasons(before: readonly string[], now: readonly string[]): string[] {
  const gone = before.filter((line) => !now.includes(line));
  const come = now.filter((line) => !before.includes(line));
  return Array.from({ length: Math.max(gone.length, come.length) }, (_, index) => {
    const [old, next] = [gone[index], come[index]];
    if (next === undefined) return `Dockerfile: FROM ${shown(old ?? "")} removed`;
    if (old === undefined) return `Dockerfile: FROM ${shown(next)} added`;
    return `Dockerfile: FROM ${shown(old)} is now FROM ${shown(next)}`;
  });
}

function pathReason({ what, path, directly, files }: PathChange): string {
  const count = files === undefined ? "" : ` (${files} ${files === 1 ? "file" : "files"})`;
  if (directly)
    return path === "" ? "files at the top of the context changed" : `files directly in ${shown(path)} changed`;
  if (path === "") return "files of the context changed";
  return path.endsWith("/") && what === "changed"
    ? `files in ${shown(path)} changed`
    : `${shown(path)} ${what}${count}`;
}

/** Names can contain anything: removes line breaks and the like, and shortens the text. */
function shown(text: string): string {
  const clean = /[\p{Cc}\u2028\u2029]/u.test(text) ? JSON.stringify(text) : text;
  return clean.length <= shownLength ? clean : `${clean.slice(0, shownLength / 2)}…${clean.slice(-shownLength / 2)}`;
}
