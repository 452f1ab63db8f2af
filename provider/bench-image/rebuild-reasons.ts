import { relative, sep } from "node:path";
import { type BuildFiles, changesOfFiles, digestOf, type FileChanges } from "../build-context/changes/digest";
import { dockerfilePath } from "../build-context/hash";
import type { RebuildReason } from "../preview-facts";
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
 * args, labels, secrets and triggers are never part of it. `files` are the ones behind the new hash; undefined when this
 * process has not read them.
 */
export function rebuildReasons(before: Before, now: Now, files: BuildFiles | undefined): RebuildReason[] {
  if (now.build === undefined || before.build === undefined) {
    return [otherSource(before, now)];
  }
  const declared = declaredReasons(before.build, now.build);
  const changes = files && changesOfFiles(before.__contextDigest, files);
  const seen = changes === undefined ? [] : fileReasons(changes, now.build);
  if (changes?.paths === undefined) {
    return [...declared, ...seen, { kind: "noRecord" }];
  }
  return declared.length + seen.length > 0 ? [...declared, ...seen] : [{ kind: "unrecorded" }];
}

/** The differences between two builds whose files are both known, in one line. */
export function changedFiles(before: BuildFiles, now: BuildFiles, build: Build): string {
  const changes = changesOfFiles(digestOf(before, Number.MAX_SAFE_INTEGER), now);
  return reasonsLine(changes === undefined ? [] : fileReasons(changes, build));
}

/** Reasons in one line for the image's row. */
export function reasonsLine(reasons: readonly RebuildReason[]): string {
  const more = reasons.length - atMost;
  return [...reasons.slice(0, atMost).map(inWords), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}

function otherSource(before: Before, now: Now): RebuildReason {
  if (now.image === undefined) {
    return { kind: "source", now: before.image === undefined ? "other" : "build" };
  }
  if (before.image === undefined) {
    return { kind: "source", now: "image" };
  }
  return { kind: "localImage", before: before.contextHash, after: now.contextHash };
}

function declaredReasons(before: Build, now: Build): RebuildReason[] {
  const named = (what: string, old: object | undefined, next: object | undefined): RebuildReason[] => {
    const [a, b] = [new Map(Object.entries(old ?? {})), new Map(Object.entries(next ?? {}))];
    return [...new Set([...a.keys(), ...b.keys()])].flatMap((name): RebuildReason[] => {
      const field = `build.${what}.${name}`;
      if (!b.has(name)) {
        return [{ kind: "declared", field, what: "removed" }];
      }
      if (!a.has(name)) {
        return [{ kind: "declared", field, what: "added" }];
      }
      // The source of a secret or a key is not part of the content.
      const same = what === "secrets" || what === "ssh" || a.get(name) === b.get(name);
      return same ? [] : [{ kind: "declared", field, what: "changed" }];
    });
  };
  const changed = (field: string): RebuildReason => ({ kind: "declared", field, what: "changed" });
  return [
    ...named("args", before.args, now.args),
    ...(before.target === now.target ? [] : [changed("build.target")]),
    ...named("secrets", before.secrets, now.secrets),
    ...named("ssh", before.ssh, now.ssh),
    ...named("labels", before.labels, now.labels),
    ...(JSON.stringify(before.triggers ?? []) === JSON.stringify(now.triggers ?? [])
      ? []
      : [changed("build.triggers")]),
  ];
}

function fileReasons({ dockerfile, from, paths }: FileChanges, build: Build): RebuildReason[] {
  const bases = from === undefined ? [] : fromReasons(from.before, from.now);
  const own = relative(build.context, dockerfilePath(build)).split(sep).join("/");
  // Report the Dockerfile once, and not again as a file of the context.
  const others = (paths ?? []).filter(({ path }) => path !== own || !dockerfile);
  const ordered = (["changed", "removed", "added"] as const).flatMap((kind) =>
    others.filter(({ what }) => what === kind),
  );
  const ofDockerfile: RebuildReason[] = bases.length > 0 ? bases : [{ kind: "dockerfile" }];
  return [...(dockerfile ? ofDockerfile : []), ...ordered.map((change) => ({ kind: "path" as const, ...change }))];
}

function fromReasons(before: readonly string[], now: readonly string[]): RebuildReason[] {
  const gone = before.filter((line) => !now.includes(line));
  const come = now.filter((line) => !before.includes(line));
  return Array.from({ length: Math.max(gone.length, come.length) }, (_, index) => {
    const [old, next] = [gone[index], come[index]];
    return {
      kind: "from",
      ...(old === undefined ? {} : { before: old }),
      ...(next === undefined ? {} : { after: next }),
    };
  });
}

function inWords(reason: RebuildReason): string {
  switch (reason.kind) {
    case "from":
      return `Dockerfile: ${fromInWords(reason.before, reason.after)}`;
    case "dockerfile":
      return "the Dockerfile changed";
    case "path":
      return pathInWords(reason);
    case "declared":
      return `${fieldInWords(reason.field)} ${reason.what}`;
    case "localImage":
      return `the local image has the content ${short(reason.after)}, and had ${short(reason.before)}`;
    case "source":
      return sourceInWords[reason.now];
    case "unrecorded":
      return "its content changed, in a part of which the state has no record";
    case "noRecord":
      return "whether files changed, and which, is unknown: the state has no record of them";
    case "notHere":
      return "its files are not on this machine";
    case "more":
      return `and ${reason.count} more`;
  }
}

const sourceInWords = {
  build: "build replaces image",
  image: "image replaces build",
  other: "its source changed",
} as const;

const short = (hash: string) => hash.slice(0, 12);

function fromInWords(before: string | undefined, after: string | undefined): string {
  if (after === undefined) {
    return `FROM ${shown(before ?? "")} removed`;
  }
  if (before === undefined) {
    return `FROM ${shown(after)} added`;
  }
  return `FROM ${shown(before)} is now FROM ${shown(after)}`;
}

/** Only the last part of `build.args.NAME` comes from the program. */
function fieldInWords(field: string): string {
  const [, start = "", name = ""] = /^(build\.[a-z]+\.?)(.*)$/s.exec(field) ?? [];
  return `${start}${shown(name)}`;
}

function pathInWords({ what, path, directly, files }: RebuildReason & { kind: "path" }): string {
  const count = files === undefined ? "" : ` (${files} ${files === 1 ? "file" : "files"})`;
  if (directly) {
    return path === "" ? "files at the top of the context changed" : `files directly in ${shown(path)} changed`;
  }
  if (path === "") {
    return "files of the context changed";
  }
  return path.endsWith("/") && what === "changed"
    ? `files in ${shown(path)} changed`
    : `${shown(path)} ${what}${count}`;
}

/** Names can contain anything: removes line breaks and the like, and shortens the text. */
function shown(text: string): string {
  const clean = /[\p{Cc}\u2028\u2029]/u.test(text) ? JSON.stringify(text) : text;
  return clean.length <= shownLength ? clean : `${clean.slice(0, shownLength / 2)}…${clean.slice(-shownLength / 2)}`;
}
