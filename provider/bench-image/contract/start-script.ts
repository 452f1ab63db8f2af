import { posix } from "node:path";
import type { Accounts } from "./accounts";
import type { ContextView } from "./context-view";
import { changeMode, type FileMode, likelyMode, type Owner, root, sureMode } from "./file-mode";
import { below } from "./path-patterns";
import { startScript } from "./rules";
import { inContext, leadsThroughLink } from "./sources";
import type { Step } from "./stages";

/** What a Dockerfile does about the start script, as far as its instructions show. */
export class StartScript {
  /** `maybe`: something was done that may bring it along. */
  present: "no" | "maybe" | "yes" = "no";
  mode: FileMode = likelyMode(0o755);
  owner: Owner = root;
  /** The instruction that last changed something about it. */
  line: number | undefined;
  /** Its text, where it can be seen. */
  text: Buffer | undefined;
  /** Whether nothing that cannot be seen may have changed the text since. */
  textIsSure = true;
  /** Where that text is in the context; undefined when it is nowhere there. */
  file: string | undefined;
  /** Where the script was put instead. */
  elsewhere: { readonly line: number; readonly path: string } | undefined;
  /** A source of a COPY for it that the context does not have. */
  missing: { readonly line: number; readonly source: string } | undefined;

  copy(step: Step, context: ContextView | undefined, accounts: Accounts): void {
    const words = step.words.filter((word) => word !== undefined);
    const target = words.at(-1);
    if (words.length !== step.words.length || words.length < 2 || target === undefined) {
      this.perhaps();
      return;
    }
    const sources = words.slice(0, -1);
    const isFolder = target.endsWith("/") || sources.length > 1;
    const place = posix.resolve(step.workdir, target);
    let document = 0;
    for (const source of sources) {
      if (source.startsWith("<<"))
        this.#put(step, place, isFolder, source.replace(/^<<-?/, ""), accounts, {
          text: step.documents[document++] ?? "",
        });
      else if (step.flags.has("from") || /^(?:https?|git|ssh):/.test(source))
        this.#putUnseen(step, place, isFolder, source, accounts);
      else if (context === undefined) this.#putUnseen(step, place, isFolder, source, accounts);
      else this.#putSeen(step, place, isFolder, source, context, accounts);
    }
  }

  /** A command put it there. */
  put(made: Pick<StartScript, "line" | "mode" | "owner">): void {
    Object.assign(this, made, { present: "yes", text: undefined, file: undefined, missing: undefined });
  }

  /** A command wrote to it, which makes it with this mode if it is not there. */
  write(line: number, mode: FileMode): void {
    if (this.present === "no") this.put({ line, mode, owner: root });
    else this.put({ line, mode: this.mode, owner: this.owner });
  }

  /** It was named by a command that would fail without it. */
  mustBeThere(line: number): void {
    if (this.present !== "yes") this.put({ line, mode: likelyMode(0o755), owner: { uid: undefined, gid: undefined } });
  }

  remove(): void {
    Object.assign(this, { present: "no", text: undefined, file: undefined });
  }

  perhapsRemoved(): void {
    if (this.present === "yes") this.present = "maybe";
  }

  perhapsPut(): void {
    if (this.present === "no") this.present = "maybe";
  }

  doubtMode(): void {
    this.mode = likelyMode(this.mode.bits);
  }

  /** Something was run that this cannot see into: all of it may be as it was, or not. */
  perhaps(): void {
    this.perhapsPut();
    this.doubtMode();
    this.textIsSure = false;
  }

  #put(
    step: Step,
    place: string,
    isFolder: boolean,
    name: string,
    accounts: Accounts,
    file: { text?: string; bytes?: Buffer; path?: string; mode?: FileMode },
  ): void {
    const path = isFolder || foldersAbove.has(place) ? posix.join(place, name) : place;
    if (path !== startScript) {
      if (posix.basename(path) === posix.basename(startScript)) this.elsewhere = { line: step.line, path };
      return;
    }
    this.present = "yes";
    this.line = step.line;
    this.missing = undefined;
    this.textIsSure = true;
    this.text = file.bytes ?? (file.text === undefined ? undefined : Buffer.from(file.text));
    this.file = file.path;
    this.mode = modeOf(step, file.mode ?? sureMode(0o644));
    this.owner = ownerOf(step, accounts);
  }

  #putUnseen(step: Step, place: string, isFolder: boolean, source: string, accounts: Accounts): void {
    const path = source.replace(/[?#].*$/, "");
    const name = step.flags.has("parents") ? withParents(source, inContext(source)) : posix.basename(path);
    const direct = place === startScript || posix.basename(path) === posix.basename(startScript);
    if (direct) {
      // A file of another stage or image has the mode that it has there; ADD gives 0600 to what it fetches.
      const mode = /^https?:/.test(source) ? sureMode(0o600) : likelyMode(step.flags.has("from") ? 0o755 : 0o644);
      this.#put(step, place, isFolder, name, accounts, { mode });
    } else if (foldersAbove.has(place)) this.perhaps();
  }

  #putSeen(
    step: Step,
    place: string,
    isFolder: boolean,
    source: string,
    context: ContextView,
    accounts: Accounts,
  ): void {
    const path = inContext(source);
    const found = context.matches(path).filter((match) => !leftOut(step, match.below));
    if (found.length === 0 && leadsThroughLink(path, context)) {
      this.#putUnseen(step, place, isFolder, source, accounts);
      return;
    }
    if (found.length === 0 && (place === startScript || posix.basename(source) === posix.basename(startScript)))
      this.missing = { line: step.line, source };
    // An archive is unpacked by ADD; what is in it cannot be seen.
    if (step.keyword === "ADD" && found.some(({ entry }) => /\.(?:tar|tgz|tar\.\w+|tbz2?|txz)$/.test(entry.path)))
      this.perhaps();
    for (const { entry, below: rest, isFolder: inFolder } of found) {
      const name = step.flags.has("parents") ? withParents(source, entry.path) : rest;
      if (entry.kind === "link") {
        if (name.endsWith(posix.basename(startScript)))
          this.#put(step, place, isFolder || inFolder, name, accounts, { mode: likelyMode(0o644) });
        // It may lead to a folder.
        else if (foldersAbove.has(place)) this.perhaps();
      } else if (posix.basename(entry.path) === posix.basename(startScript) || place === startScript) {
        this.#put(step, place, isFolder || inFolder, name, accounts, {
          bytes: context.read(entry),
          path: entry.path,
          mode: sureMode(entry.executable ? 0o755 : 0o644),
        });
      }
    }
  }
}

const foldersAbove = new Set(["/", "/usr", "/usr/local", "/usr/local/bin"]);

/** What --parents keeps of a path: all of it, or what follows `/./` in the source. */
function withParents(source: string, path: string): string {
  const pivot = source.indexOf("/./", 1);
  return pivot === -1 ? path : posix.relative(inContext(source.slice(0, pivot)), path);
}

function leftOut({ flags }: Step, path: string): boolean {
  const exclude = flags.get("exclude");
  return exclude !== undefined && below(exclude, path) !== undefined;
}

/** The mode that COPY and ADD give a file that has this one. */
function modeOf({ flags }: Step, before: FileMode): FileMode {
  if (!flags.has("chmod")) return before;
  const change = flags.get("chmod");
  return (change === undefined ? undefined : changeMode(before, change)) ?? likelyMode(0o755);
}

function ownerOf({ flags }: Step, accounts: Accounts): Owner {
  if (!flags.has("chown")) return root;
  const [user, group] = flags.get("chown")?.split(":") ?? [];
  const uid = accounts.uidOf(user);
  return { uid, gid: group === undefined ? uid : accounts.gidOf(group) };
}
