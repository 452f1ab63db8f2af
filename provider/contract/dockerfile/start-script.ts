import { posix } from "node:path";
import { ignorePattern } from "../../build-context/ignore-pattern";
import { startScript } from "../rules";
import type { ContextView } from "./context-view";
import { foldersAbove, type RunEffects } from "./run-commands";
import { inContext, leadsThroughLink } from "./sources";
import type { Step } from "./stages";

/** What a Dockerfile does about the start script, as far as COPY and ADD show it for sure. */
export class StartScript {
  /** `maybe`: something was done that may bring it along, or take it away. */
  present: "no" | "maybe" | "yes" = "no";
  /** The instruction that puts it there. */
  line: number | undefined;
  /** Its permissions; undefined where they are not sure. */
  mode: number | undefined;
  /** Whether it is root's. Where it is not, the owner's permissions may be those of the workspace's user. */
  ownedByRoot = true;
  /** Its text; undefined where it is not sure. */
  text: Buffer | undefined;
  /** Where that text is in the context; undefined when it is nowhere there. */
  file: string | undefined;
  /** Where the script was put instead. */
  elsewhere: { readonly line: number; readonly path: string } | undefined;
  /** A source of a COPY for it that the context does not have. */
  missing: { readonly line: number; readonly source: string } | undefined;

  run({ touchesScript, touchesMode }: RunEffects): void {
    if (touchesScript || touchesMode) this.mode = undefined;
    if (!touchesScript) return;
    this.text = undefined;
    this.present = "maybe";
  }

  copy(step: Step, context: ContextView | undefined): void {
    const words = step.words.filter((word) => word !== undefined);
    const target = words.at(-1);
    if (words.length !== step.words.length || words.length < 2 || target === undefined) {
      this.#perhaps();
      return;
    }
    const sources = words.slice(0, -1);
    const isFolder = target.endsWith("/") || sources.length > 1;
    const to = { step, place: posix.resolve(step.workdir, target), isFolder };
    let document = 0;
    for (const source of sources) {
      if (source.startsWith("<<")) {
        const text = Buffer.from(step.documents[document++] ?? "");
        this.#put(to, source.replace(/^<<-?/, ""), { text, mode: 0o644 });
      } else if (context === undefined || step.flags.has("from") || /^(?:https?|git|ssh):/.test(source))
        this.#putUnseen(to, source);
      else this.#putSeen(to, source, context);
    }
  }

  /** Something was done that this cannot see into. */
  #perhaps(): void {
    this.run({ touchesScript: true, touchesMode: true, hidesAccounts: true, accounts: [] });
  }

  #put({ step, place, isFolder }: Target, name: string, file: PutFile): void {
    const path = isFolder || foldersAbove.has(place) ? posix.join(place, name) : place;
    if (path !== startScript) {
      if (posix.basename(path) === posix.basename(startScript)) this.elsewhere = { line: step.line, path };
      return;
    }
    Object.assign(this, { present: "yes", line: step.line, missing: undefined, text: file.text, file: file.path });
    const chmod = step.flags.get("chmod");
    this.mode = step.flags.has("chmod")
      ? /^[0-7]{1,5}$/.test(chmod ?? "")
        ? Number.parseInt(chmod ?? "", 8)
        : undefined
      : file.mode;
    this.ownedByRoot = !step.flags.has("chown");
  }

  /** A file of another stage or image has the mode that it has there; ADD gives 0600 to what it fetches. */
  #putUnseen(to: Target, source: string): void {
    const path = source.replace(/[?#].*/s, "");
    const name = to.step.flags.has("parents") ? withParents(source, inContext(source)) : posix.basename(path);
    if (to.place === startScript || posix.basename(path) === posix.basename(startScript))
      this.#put(to, name, { mode: /^https?:/.test(source) ? 0o600 : undefined });
    else if (foldersAbove.has(to.place)) this.#perhaps();
  }

  #putSeen(to: Target, source: string, context: ContextView): void {
    const { step, place } = to;
    const path = inContext(source);
    const found = context.matches(path).filter((match) => !leftOut(step, match.below));
    if (found.length === 0 && leadsThroughLink(path, context)) {
      this.#putUnseen(to, source);
      return;
    }
    if (found.length === 0 && (place === startScript || posix.basename(source) === posix.basename(startScript)))
      this.missing = { line: step.line, source };
    // ADD unpacks an archive; what is in it cannot be seen.
    if (step.keyword === "ADD" && found.some(({ entry }) => /\.(?:tar|tgz|tar\.\w+|tbz2?|txz)$/.test(entry.path)))
      this.#perhaps();
    for (const { entry, below, isFolder } of found) {
      const name = step.flags.has("parents") ? withParents(source, entry.path) : below;
      const into = { ...to, isFolder: to.isFolder || isFolder };
      const isScript = posix.basename(name) === posix.basename(startScript) || place === startScript;
      if (entry.kind === "link") {
        if (isScript) this.#put(into, name, { mode: undefined });
        // It may lead to a folder.
        else if (foldersAbove.has(place)) this.#perhaps();
      } else if (isScript) this.#put(into, name, { text: context.read(entry), path: entry.path, mode: modeOf(entry) });
    }
  }
}

/** Where a COPY puts its sources. */
interface Target {
  readonly step: Step;
  readonly place: string;
  /** Whether that is a folder for sure. */
  readonly isFolder: boolean;
}

interface PutFile {
  readonly text?: Buffer;
  readonly path?: string;
  readonly mode: number | undefined;
}

/** Docker makes all files executable that a client on Windows sends. */
function modeOf({ executable }: { readonly executable: boolean }): number | undefined {
  return process.platform === "win32" ? undefined : executable ? 0o755 : 0o644;
}

/** What --parents keeps of a path: all of it, or what follows `/./` in the source. */
function withParents(source: string, path: string): string {
  const pivot = source.indexOf("/./", 1);
  return pivot === -1 ? path : posix.relative(inContext(source.slice(0, pivot)), path);
}

function leftOut({ flags }: Step, path: string): boolean {
  const exclude = flags.get("exclude");
  if (exclude === undefined || exclude === "") return false;
  const pattern = ignorePattern(posix.normalize(exclude), false);
  return path.split("/").some((_, i, parts) => pattern.matches(parts.slice(0, i + 1).join("/")));
}

/**
 * Whether the user of Bench, who has to read the script as well as to execute it, may not do so for sure, whatever further groups that
 * user has.
 */
export function isClosed({ mode, ownedByRoot }: Pick<StartScript, "mode" | "ownedByRoot">): boolean {
  if (mode === undefined) return false;
  return (ownedByRoot ? [3, 0] : [6, 3, 0]).every((shift) => (~(mode >> shift) & 5) !== 0);
}
