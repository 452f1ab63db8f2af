import { posix } from "node:path";
import type { Accounts } from "./accounts";
import type { ContextView } from "./context-view";
import { benchGid, benchUid, startScript } from "./rules";
import type { Command, Word } from "./shell";
import type { Step } from "./stages";

/** What a Dockerfile does about the start script, as far as its instructions show. */
export class StartScript {
  /** `maybe`: something was done that may bring it along. */
  present: "no" | "maybe" | "yes" = "no";
  /** `unlikely`: nothing says so, and it depends on a file that cannot be seen. */
  executable: "yes" | "no" | "unlikely" | "unknown" = "unknown";
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

  run(command: Command, workdir: string, line: number): void {
    const [program, ...args] = command.words;
    const name = posix.basename(program ?? "");
    const paths = args.map((word) => (word === undefined ? undefined : posix.resolve(workdir, word)));
    if (name === "chmod") this.#chmod(args, paths, line);
    const redirected = args.findIndex((word, i) => word === ">" && paths[i + 1] === startScript);
    if (harmless.has(name) && redirected === -1) return;
    const touches = paths.includes(startScript);
    const movedIn =
      /^(?:cp|mv|install|ln|rsync)$/.test(name) &&
      paths.at(-1) === posix.dirname(startScript) &&
      args.some((word) => word !== undefined && posix.basename(word) === posix.basename(startScript));
    if (name === "rm" && touches) Object.assign(this, { present: "no", text: undefined, file: undefined });
    else if (touches || movedIn) {
      this.present = "yes";
      this.line = line;
      this.text = undefined;
      const mode = name === "install" ? args[args.indexOf("-m") + 1] : undefined;
      if (redirected !== -1 && this.executable !== "yes") this.executable = "no";
      else if (mode !== undefined && /^[0-7]+$/.test(mode))
        this.executable = mayRun(Number.parseInt(mode, 8), "other") ? "yes" : "no";
      else if (/^(?:cp|mv|install|ln|curl|wget)$/.test(name)) this.executable = "unknown";
    }
  }

  /** Something was run that this cannot see into. */
  perhaps(): void {
    if (this.present === "no") this.present = "maybe";
    else if (this.executable !== "yes") this.executable = "unknown";
  }

  #put(
    step: Step,
    place: string,
    isFolder: boolean,
    name: string,
    accounts: Accounts,
    file: { text?: string; bytes?: Buffer; path?: string; executable?: boolean; unseen?: boolean },
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
    this.executable =
      executableBy(step, accounts) ?? (file.unseen === true ? "unlikely" : file.executable === true ? "yes" : "no");
  }

  #putUnseen(step: Step, place: string, isFolder: boolean, source: string, accounts: Accounts): void {
    const name = posix.basename(source);
    const direct = place === startScript || name === posix.basename(startScript);
    if (direct) {
      this.#put(step, place, isFolder, name, accounts, { unseen: true });
      // A file of another stage or image has the mode that it has there.
      if (this.line === step.line && step.flags.has("from") && this.executable === "unlikely")
        this.executable = "unknown";
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
          this.#put(step, place, isFolder || inFolder, below, accounts, { unseen: true });
      } else if (posix.basename(entry.path) === posix.basename(startScript) || place === startScript) {
        this.#put(step, place, isFolder || inFolder, below, accounts, {
          bytes: context.read(entry),
          path: entry.path,
          executable: entry.executable,
        });
      }
    }
  }

  #chmod(args: readonly Word[], paths: readonly Word[], line: number): void {
    const covers = paths.some(
      (path, i) =>
        path !== undefined &&
        !(args[i] ?? "").startsWith("-") &&
        covered(path, args.includes("-R") || args.includes("--recursive")),
    );
    if (!covers) {
      if (args.some((word) => word === undefined)) this.perhaps();
      return;
    }
    const mode = args.find((word) => word !== undefined && /^(?:[0-7]{3,4}|[ugoa]*[-+=][rwxXst]+(?:,.*)?)$/.test(word));
    this.line = line;
    if (mode === undefined) this.executable = "unknown";
    else if (/^[0-7]+$/.test(mode)) this.executable = mayRun(Number.parseInt(mode, 8), "other") ? "yes" : "no";
    else if (/[+=][rwsX]*x/.test(mode)) this.executable = /^u[^,]*$/.test(mode) ? "no" : "yes";
    else if (/-[rws]*x/.test(mode)) this.executable = "no";
  }
}

/** Commands that name the script without putting or changing it. */
const harmless = new Set(["chmod", "chown", "test", "[", "ls", "cat", "echo", "stat", "bash", "sh", "grep"]);
const foldersAbove = new Set(["/", "/usr", "/usr/local", "/usr/local/bin"]);

function covered(path: string, recursive: boolean): boolean {
  if (path === startScript) return true;
  if (recursive && foldersAbove.has(path)) return true;
  return posix.dirname(path) === posix.dirname(startScript) && /[*?]/.test(path);
}

/** What --chmod says; undefined without it. Who the file belongs to decides which bits count. */
function executableBy(step: Step, accounts: Accounts): "yes" | "no" | "unknown" | undefined {
  if (!step.flags.has("chmod")) return undefined;
  const mode = step.flags.get("chmod");
  if (mode === undefined) return "unknown";
  if (!/^[0-7]{3,4}$/.test(mode)) return /x/.test(mode) ? "yes" : "no";
  const [user = "", group = ""] = (step.flags.get("chown") ?? "0:0").split(":");
  const isBench = user === String(benchUid) || accounts.users.get(user)?.uid === benchUid;
  const inGroup = group === String(benchGid) || group === "users";
  return mayRun(Number.parseInt(mode, 8), isBench ? "owner" : inGroup ? "group" : "other") ? "yes" : "no";
}

/** A script has to be read as well as executed. */
function mayRun(mode: number, as: "owner" | "group" | "other"): boolean {
  const bits = as === "owner" ? mode >> 6 : as === "group" ? mode >> 3 : mode;
  return (bits & 5) === 5;
}
