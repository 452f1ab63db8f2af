import { posix } from "node:path";
import type { Accounts } from "./accounts";
import type { ContextView } from "./context-view";
import { changeMode, type FileMode, likelyMode, type Owner, root, sureMode } from "./file-mode";
import { readOptions } from "./options";
import { startScript } from "./rules";
import type { Command, Word } from "./shell";
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

  run(command: Command, workdir: string, line: number, accounts: Accounts): void {
    const [program, ...args] = command.words;
    const name = posix.basename(program ?? "");
    const paths = args.map((word) => (word === undefined ? undefined : posix.resolve(workdir, word)));
    if (name === "chmod") this.#chmod(args, workdir, line);
    if (name === "chown" || name === "chgrp") this.#chown(name, args, workdir, accounts);
    const redirected = args.findIndex((word, i) => word === ">" && paths[i + 1] === startScript);
    if (harmless.has(name) && redirected === -1) return;
    const touches = paths.includes(startScript);
    const movedIn =
      /^(?:cp|mv|install|ln|rsync)$/.test(name) &&
      paths.at(-1) === posix.dirname(startScript) &&
      args.some((word) => word !== undefined && posix.basename(word) === posix.basename(startScript));
    if (name === "rm" && touches) Object.assign(this, { present: "no", text: undefined, file: undefined });
    else if (touches || movedIn) {
      const created = this.present;
      this.present = "yes";
      this.line = line;
      this.text = undefined;
      if (name === "install") this.#install(args, accounts);
      else if (redirected !== -1) this.mode = created === "no" ? sureMode(0o644) : this.mode;
      else if (/^(?:cp|mv|ln|curl|wget)$/.test(name)) this.mode = likelyMode(0o755);
    }
  }

  /** Something was run that this cannot see into. */
  perhaps(): void {
    if (this.present === "no") this.present = "maybe";
    this.mode = likelyMode(this.mode.bits);
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
    this.text = file.bytes ?? (file.text === undefined ? undefined : Buffer.from(file.text));
    this.file = file.path;
    this.mode = modeOf(step, file.mode ?? sureMode(0o644));
    this.owner = ownerOf(step, accounts);
  }

  #putUnseen(step: Step, place: string, isFolder: boolean, source: string, accounts: Accounts): void {
    const name = posix.basename(source);
    const direct = place === startScript || name === posix.basename(startScript);
    if (direct) {
      // A file of another stage or image has the mode that it has there.
      this.#put(step, place, isFolder, name, accounts, { mode: likelyMode(step.flags.has("from") ? 0o755 : 0o644) });
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
    const found = context.matches(source);
    if (found.length === 0 && (place === startScript || posix.basename(source) === posix.basename(startScript)))
      this.missing = { line: step.line, source };
    // An archive is unpacked by ADD; what is in it cannot be seen.
    if (step.keyword === "ADD" && found.some(({ entry }) => /\.(?:tar|tgz|tar\.\w+|tbz2?|txz)$/.test(entry.path)))
      this.perhaps();
    for (const { entry, below, isFolder: inFolder } of found) {
      if (entry.kind === "link") {
        if (below.endsWith(posix.basename(startScript)))
          this.#put(step, place, isFolder || inFolder, below, accounts, { mode: likelyMode(0o644) });
      } else if (posix.basename(entry.path) === posix.basename(startScript) || place === startScript) {
        this.#put(step, place, isFolder || inFolder, below, accounts, {
          bytes: context.read(entry),
          path: entry.path,
          mode: sureMode(entry.executable ? 0o755 : 0o644),
        });
      }
    }
  }

  #chmod(args: readonly Word[], workdir: string, line: number): void {
    const { change, targets, recursive } = changeOf(args);
    if (targets.some((path) => path !== undefined && covered(posix.resolve(workdir, path), recursive))) {
      this.line = line;
      this.mode = (change === undefined ? undefined : changeMode(this.mode, change)) ?? likelyMode(0o755);
    } else if (args.includes(undefined)) this.perhaps();
  }

  #chown(program: string, args: readonly Word[], workdir: string, accounts: Accounts): void {
    const { change, targets, recursive } = changeOf(args);
    if (!targets.some((path) => path === undefined || covered(posix.resolve(workdir, path), recursive))) return;
    const [user, group] = program === "chgrp" ? ["", change] : (change?.split(/[:.]/) ?? []);
    this.owner = {
      uid: user === "" && change !== undefined ? this.owner.uid : accounts.uidOf(user),
      gid: group === undefined && change !== undefined ? this.owner.gid : accounts.gidOf(group),
    };
  }

  #install(args: readonly Word[], accounts: Accounts): void {
    const { options } = readOptions(args, "gmotS", "group mode owner target-directory suffix");
    const mode = options.get("m") ?? options.get("mode");
    const user = options.get("o") ?? options.get("owner");
    const group = options.get("g") ?? options.get("group");
    this.mode = mode === undefined ? sureMode(0o755) : (changeMode(sureMode(0), mode.value ?? "") ?? likelyMode(0o755));
    this.owner = {
      uid: user === undefined ? 0 : accounts.uidOf(user.value),
      gid: group === undefined ? 0 : accounts.gidOf(group.value),
    };
  }
}

/** Commands that name the script without putting or changing it. */
const harmless = new Set(["chmod", "chown", "chgrp", "test", "[", "ls", "cat", "echo", "stat", "bash", "sh", "grep"]);
const foldersAbove = new Set(["/", "/usr", "/usr/local", "/usr/local/bin"]);

function covered(path: string, recursive: boolean): boolean {
  if (path === startScript) return true;
  if (recursive && foldersAbove.has(path)) return true;
  return posix.dirname(path) === posix.dirname(startScript) && /[*?]/.test(path);
}

/** `chmod MODE FILE…` and `chown OWNER FILE…`. */
function changeOf(args: readonly Word[]): { change: Word; targets: readonly Word[]; recursive: boolean } {
  const isOption = (word: Word) => word !== undefined && /^(?:-[RHLPcfhv]+|--.*)$/.test(word);
  const rest = args.filter((word) => !isOption(word));
  const recursive = args.some((word) => word !== undefined && /^(?:-\w*R\w*|--recursive)$/.test(word));
  if (args.some((word) => word?.startsWith("--reference"))) return { change: undefined, targets: rest, recursive };
  return { change: rest[0], targets: rest.slice(1), recursive };
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
