import { posix } from "node:path";
import { startScript } from "../../../runtime/bench-facts";
import { ignorePattern } from "../../build-context/ignore-pattern";
import type { ContextView } from "./context-view";
import { foldersAbove, type RunEffects } from "./run-commands";
import { inContext, leadsThroughLink } from "./sources";
import type { Step } from "./stages";

/** What a Dockerfile does with the start script, as far as COPY and ADD show it with certainty. */
export class StartScript {
  /** `maybe`: a step may have added or removed it. */
  present: "no" | "maybe" | "yes" = "no";
  /** The line of the instruction that puts it there. */
  line: number | undefined;
  /** Its permissions; undefined when they are not certain. */
  mode: number | undefined;
  /** Whether root owns it. If not, the owner's permissions may apply to the workspace's user. */
  ownedByRoot = true;
  /** Its text; undefined when it is not certain. */
  text: Buffer | undefined;
  /** The path of that text in the context; undefined when it is not in the context. */
  file: string | undefined;
  /** Where the script was put instead. */
  elsewhere: { readonly line: number; readonly path: string } | undefined;
  /** A COPY source for the script that the context lacks. */
  missing: { readonly line: number; readonly source: string } | undefined;

  run({ touchesScript, touchesMode }: RunEffects): void {
    if (touchesScript || touchesMode) {
      this.mode = undefined;
    }
    if (!touchesScript) {
      return;
    }
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
      } else if (context === undefined || step.flags.has("from") || /^(?:https?|git|ssh):/.test(source)) {
        this.#putUnseen(to, source);
      } else {
        this.#putSeen(to, source, context);
      }
    }
  }

  /** A step did something that cannot be seen here. */
  #perhaps(): void {
    this.run({ touchesScript: true, touchesMode: true, hidesAccounts: true, accounts: [] });
  }

  #put({ step, place, isFolder }: Target, name: string, file: PutFile): void {
    const path = isFolder || foldersAbove.has(place) ? posix.join(place, name) : place;
    if (path !== startScript) {
      if (posix.basename(path) === posix.basename(startScript)) {
        this.elsewhere = { line: step.line, path };
      }
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

  /** A file from another stage or image keeps its mode; ADD gives 0600 to files that it fetches. */
  #putUnseen(to: Target, source: string): void {
    const path = source.replace(/[?#].*/s, "");
    const name = to.step.flags.has("parents") ? withParents(source, inContext(source)) : posix.basename(path);
    if (to.place === startScript || posix.basename(path) === posix.basename(startScript)) {
      this.#put(to, name, { mode: /^https?:/.test(source) ? 0o600 : undefined });
    } else if (foldersAbove.has(to.place)) {
      this.#perhaps();
    }
  }

  #putSeen(to: Target, source: string, context: ContextView): void {
    const { step, place } = to;
    const path = inContext(source);
    const found = context.matches(path).filter((match) => !leftOut(step, match.below));
    if (found.length === 0 && leadsThroughLink(path, context)) {
      this.#putUnseen(to, source);
      return;
    }
    if (found.length === 0 && (place === startScript || posix.basename(source) === posix.basename(startScript))) {
      this.missing = { line: step.line, source };
    }
    // ADD unpacks an archive, whose content cannot be seen here.
    if (step.keyword === "ADD" && found.some(({ entry }) => /\.(?:tar|tgz|tar\.\w+|tbz2?|txz)$/.test(entry.path))) {
      this.#perhaps();
    }
    for (const { entry, below, isFolder } of found) {
      const name = step.flags.has("parents") ? withParents(source, entry.path) : below;
      const into = { ...to, isFolder: to.isFolder || isFolder };
      const isScript = posix.basename(name) === posix.basename(startScript) || place === startScript;
      if (entry.kind === "link") {
        if (isScript) {
          this.#put(into, name, { mode: undefined });
        }
        // The link may lead to a folder.
        else if (foldersAbove.has(place)) {
          this.#perhaps();
        }
      } else if (isScript) {
        this.#put(into, name, { text: context.read(entry), path: entry.path, mode: modeOf(entry) });
      }
    }
  }
}

/** Where a COPY puts its sources. */
interface Target {
  readonly step: Step;
  readonly place: string;
  /** Whether the target is certainly a folder. */
  readonly isFolder: boolean;
}

interface PutFile {
  readonly text?: Buffer;
  readonly path?: string;
  readonly mode: number | undefined;
}

/** Docker makes all files from a Windows client executable. */
function modeOf({ executable }: { readonly executable: boolean }): number | undefined {
  return process.platform === "win32" ? undefined : executable ? 0o755 : 0o644;
}

/** The part of a path that --parents keeps: all of it, or what follows `/./` in the source. */
function withParents(source: string, path: string): string {
  const pivot = source.indexOf("/./", 1);
  return pivot === -1 ? path : posix.relative(inContext(source.slice(0, pivot)), path);
}

function leftOut({ flags }: Step, path: string): boolean {
  const exclude = flags.get("exclude");
  if (exclude === undefined || exclude === "") {
    return false;
  }
  const pattern = ignorePattern(posix.normalize(exclude), false);
  return path.split("/").some((_, i, parts) => pattern.matches(parts.slice(0, i + 1).join("/")));
}

/**
 * Whether Bench's user certainly cannot read and execute the script, with any additional groups. The user needs both
 * permissions.
 */
export function isClosed({ mode, ownedByRoot }: Pick<StartScript, "mode" | "ownedByRoot">): boolean {
  if (mode === undefined) {
    return false;
  }
  return (ownedByRoot ? [3, 0] : [6, 3, 0]).every((shift) => (~(mode >> shift) & 5) !== 0);
}
