import { posix } from "node:path";
import type { Accounts } from "./accounts";
import { changeMode, likelyMode, root, sureMode } from "./file-mode";
import { type Options, readOptions } from "./options";
import { below, isPattern, matches } from "./path-patterns";
import { startScript } from "./rules";
import type { Command, Word } from "./shell";
import type { StartScript } from "./start-script";

/** Where a command runs. */
interface Place {
  readonly workdir: string;
  /** Of the Dockerfile. */
  readonly line: number;
  readonly accounts: Accounts;
}

/** Tells the start script what a command of a RUN does to it. What may concern it and cannot be known leaves a doubt. */
export function runOnScript(script: StartScript, { words }: Command, place: Place): void {
  const [program, ...args] = words;
  const name = posix.basename(program ?? "");
  args.forEach((word, i) => {
    if (word === ">") redirect(script, args[i + 1], place);
  });
  if (name === "chmod") changeModes(script, args, place);
  else if (name === "chown" || name === "chgrp") changeOwners(script, name, args, place);
  else if (name === "rm") remove(script, args, place);
  else if (name === "find") find(script, args, place);
  else if (/^(?:cp|mv|ln|install|rsync)$/.test(name)) copy(script, name, args, place);
  else if (/^(?:curl|wget)$/.test(name)) fetch(script, name, args, place);
  else if (!harmless.has(name)) other(script, name, args, place);
}

/** Commands that may name the script, or a folder above it, without changing what is in it. */
const harmless = new Set(
  (
    "[ [[ : adduser bash cat cd cmp diff du echo egrep export file grep head id ls md5sum mkdir printf pushd rmdir set sh sha256sum " +
    "shellcheck stat su tail test useradd usermod wc which"
  ).split(" "),
);

function redirect(script: StartScript, target: Word, { workdir, line }: Place): void {
  if (target === undefined) script.perhapsPut();
  else if (posix.resolve(workdir, target) === startScript) script.write(line, sureMode(0o644));
}

/** `chmod MODE FILE…` and `chown OWNER FILE…`. */
function changeOf(args: readonly Word[]): { change: Word; targets: readonly Word[]; recursive: boolean } {
  const rest = args.filter((word) => word === undefined || !/^(?:-[RHLPcfhv]+|--.*)$/.test(word));
  const recursive = args.some((word) => word !== undefined && /^(?:-\w*R\w*|--recursive)$/.test(word));
  if (args.some((word) => word?.startsWith("--reference"))) return { change: undefined, targets: rest, recursive };
  return { change: rest[0], targets: rest.slice(1), recursive };
}

/** Whether a command on these paths is one on the script, by its very path or in another way. */
function named(targets: readonly Word[], recursive: boolean, { workdir }: Place): "exactly" | "among others" | "no" {
  const paths = targets.filter((path) => path !== undefined).map((path) => posix.resolve(workdir, path));
  if (paths.includes(startScript)) return "exactly";
  const reaches = (path: string) => {
    const rest = below(path, startScript);
    return rest === "" || (recursive && rest !== undefined);
  };
  return paths.some(reaches) ? "among others" : "no";
}

function changeModes(script: StartScript, args: readonly Word[], place: Place): void {
  const { change, targets, recursive } = changeOf(args);
  const how = named(targets, recursive, place);
  if (how === "no") {
    if (!args.includes(undefined)) return;
    script.perhapsPut();
    script.doubtMode();
    return;
  }
  // Without the file chmod would fail, and the build with it.
  if (how === "exactly") script.mustBeThere(place.line);
  script.line = place.line;
  script.mode = (change === undefined ? undefined : changeMode(script.mode, change)) ?? likelyMode(0o755);
}

function changeOwners(script: StartScript, program: string, args: readonly Word[], place: Place): void {
  const { change, targets, recursive } = changeOf(args);
  const how = named(targets, recursive, place);
  if (how === "no" && !targets.includes(undefined)) return;
  const [user, group] = program === "chgrp" ? ["", change] : (change?.split(/[:.]/) ?? []);
  const isKnown = how !== "no" && change !== undefined;
  script.owner = {
    uid: isKnown && user === "" ? script.owner.uid : isKnown ? place.accounts.uidOf(user) : undefined,
    gid: isKnown && group === undefined ? script.owner.gid : isKnown ? place.accounts.gidOf(group) : undefined,
  };
}

function remove(script: StartScript, args: readonly Word[], place: Place): void {
  const { options, operands } = readOptions(args, "");
  const recursive = ["r", "R", "recursive"].some((option) => options.has(option));
  if (named(operands, recursive, place) !== "no") script.remove();
}

/** `find … -exec` runs a command on what it finds; whether that is the script is told by its folders and names. */
function find(script: StartScript, args: readonly Word[], place: Place): void {
  const start = args.findIndex((word) => word !== undefined && /^[-(!]/.test(word));
  const exec = args.findIndex((word) => word !== undefined && /^-(?:exec|ok)(?:dir)?$/.test(word));
  const folders = start === -1 ? args : args.slice(0, start);
  const tests = start === -1 ? [] : args.slice(start, exec === -1 ? undefined : exec);
  const isFound = fits(tests) && named(folders.length === 0 ? ["."] : folders, true, place) !== "no";
  if (isFound && tests.includes("-delete")) script.perhapsRemoved();
  if (exec === -1) return;
  const rest = args.slice(exec + 1);
  const stop = rest.findIndex((word) => word === ";" || word === "+");
  const command = rest
    .slice(0, stop === -1 ? undefined : stop)
    .map((word) => (word === "{}" ? (isFound ? foundScript : foundElsewhere) : word));
  const isPlain = tests.every(
    (word) => !/^(?:[(!]|-(?!i?name$|type$|m(?:ax|in)depth$|xdev$|print0?$))/.test(word ?? ""),
  );
  if (isFound && (!isPlain || /^(?:ba|da)?sh$/.test(posix.basename(command[0] ?? "")))) script.perhaps();
  else runOnScript(script, { words: command, at: 0 }, place);
}

/** Whether find's tests let a file with the name of the script pass. */
function fits(tests: readonly Word[]): boolean {
  const names = tests.filter((_, i) => tests[i - 1] === "-name" || tests[i - 1] === "-iname");
  const isFolder = tests.some((word, i) => word === "d" && tests[i - 1] === "-type");
  return !isFolder && (names.length === 0 || names.some((name) => name === undefined || matches(scriptName, name)));
}

const scriptName = posix.basename(startScript);
/** What find hands on, as patterns: one file among others. */
const foundScript = `${posix.dirname(startScript)}/*`;
const foundElsewhere = "/found/*";

const copyOptions: Readonly<Record<string, string>> = { cp: "tS", mv: "tS", ln: "tS", install: "gmotS", rsync: "e" };

function copy(script: StartScript, program: string, args: readonly Word[], place: Place): void {
  const given = readOptions(args, copyOptions[program] ?? "", "target-directory suffix group mode owner rsh exclude");
  const { options, operands } = given;
  if (program === "install" && (options.has("d") || options.has("directory"))) return;
  const folder = (program === "rsync" ? undefined : options.get("t")) ?? options.get("target-directory");
  const sources = folder === undefined ? operands.slice(0, -1) : operands;
  const target = folder === undefined ? operands.at(-1) : folder.value;
  if (program === "mv" && named(sources, true, place) === "exactly") script.remove();
  if (target === undefined) {
    script.perhapsPut();
    return;
  }
  const to = posix.resolve(place.workdir, target);
  if (to === startScript) put(script, program, given, place);
  else if (below(to, startScript) === undefined) return;
  else if (sources.some((source) => posix.join(to, arrivalOf(source, program, script, place)) === startScript))
    put(script, program, given, place);
  else if (sources.some((source) => mayBeMany(source, options))) script.perhaps();
}

/** The name that the script would have in the target folder, if it is what is copied. */
function arrivalOf(source: Word, program: string, { elsewhere }: StartScript, { workdir }: Place): string {
  if (source === undefined) return "";
  const path = posix.resolve(workdir, source);
  if (posix.basename(path) === scriptName) return scriptName;
  const rest = elsewhere === undefined ? undefined : below(path, elsewhere.path);
  if (rest === undefined || elsewhere === undefined) return "";
  // The content of a folder, else the folder itself with what is in it.
  const isContent = source.endsWith("/.") || (program === "rsync" && source.endsWith("/"));
  return isContent ? rest : posix.join(posix.basename(elsewhere.path.slice(0, -rest.length || undefined)), rest);
}

function mayBeMany(source: Word, options: Options["options"]): boolean {
  if (source === undefined || isPattern(source)) return true;
  return ["r", "R", "a", "recursive", "archive"].some((option) => options.has(option));
}

function put(script: StartScript, program: string, { options }: Options, { line, accounts }: Place): void {
  if (program !== "install") {
    const isNew = program === "cp" && !["a", "p", "archive", "preserve"].some((option) => options.has(option));
    script.put({ line, mode: likelyMode(0o755), owner: isNew ? root : { uid: undefined, gid: undefined } });
    return;
  }
  const mode = options.get("m") ?? options.get("mode");
  const user = options.get("o") ?? options.get("owner");
  const group = options.get("g") ?? options.get("group");
  script.put({
    line,
    mode: mode === undefined ? sureMode(0o755) : (changeMode(sureMode(0), mode.value ?? "") ?? likelyMode(0o755)),
    owner: {
      uid: user === undefined ? 0 : accounts.uidOf(user.value),
      gid: group === undefined ? 0 : accounts.gidOf(group.value),
    },
  });
}

/** A file that is fetched has the name that an option gives it, else the last one of its address. */
function fetch(script: StartScript, program: string, args: readonly Word[], { workdir, line }: Place): void {
  const { options, operands } = readOptions(
    args,
    program === "curl" ? "AHXbcdDeEFKmortTuwxyYzC" : "OPaeiotUT",
    fetchOptions,
  );
  const option = program === "curl" ? ["o", "output"] : ["O", "output-document"];
  const output = option.map((each) => options.get(each)).find((each) => each !== undefined);
  const byAddress = program === "wget" || options.has("O") || options.has("remote-name");
  const folder = (
    program === "curl" ? options.get("output-dir") : (options.get("P") ?? options.get("directory-prefix"))
  )?.value;
  const names = output !== undefined ? [output.value] : byAddress ? operands.map(nameOfAddress) : [];
  for (const name of names) {
    if (name === undefined) script.perhapsPut();
    else if (posix.resolve(workdir, folder ?? ".", name) === startScript) script.write(line, likelyMode(0o644));
  }
}

const fetchOptions =
  "output output-document output-dir directory-prefix header retry user data user-agent connect-timeout max-time proto";

function nameOfAddress(address: Word): Word {
  return address === undefined ? undefined : posix.basename(address.replace(/[?#].*$/, ""));
}

/** Any other command: what it does to paths that it names is not known, but for those that change a file in place. */
function other(script: StartScript, name: string, args: readonly Word[], place: Place): void {
  if (name === "sed" && !args.some((word) => word !== undefined && /^-[a-zA-Z]*i|^--in-place/.test(word))) return;
  const paths = args.filter((_, i) => args[i - 1] !== ">" && args[i - 1] !== "<").map(pathIn);
  const how = named(paths, false, place);
  const isEditor = /^(?:sed|dos2unix|fromdos|truncate|tee)$/.test(name);
  if (name === "tee" && how === "exactly") script.write(place.line, sureMode(0o644));
  else if (how !== "no") {
    if (how === "exactly") script.mustBeThere(place.line);
    if (!isEditor) script.perhaps();
    script.text = undefined;
  } else if (!isEditor && targetsOf(name, args, paths, place).some((path) => below(path, startScript) !== undefined))
    script.perhaps();
  else if (isEditor && args.includes(undefined)) script.perhapsPut();
}

/** An option may have its path attached: `-C/`, `--directory=/`. */
function pathIn(word: Word): Word {
  return word?.replace(/^-(?:[A-Za-z](?=\/)|[\w-]+=)/, "");
}

/** The folders that a command may fill: those it names, and for one that unpacks an archive, the one it runs in. */
function targetsOf(name: string, args: readonly Word[], paths: readonly Word[], { workdir }: Place): string[] {
  const folders = paths.filter((path) => path !== undefined).filter((path) => path.startsWith("/"));
  if (name === "unzip" || name === "cpio") return [workdir, ...folders];
  if (name !== "tar" && name !== "bsdtar") return folders;
  const extracts = args.some(
    (word, i) => word !== undefined && /^(?:-\w*x|--extract$|--get$)/.test(i === 0 ? word.replace(/^-?/, "-") : word),
  );
  const hasFolder = args.some((word) => word !== undefined && /^(?:-\w*C|--directory)/.test(word));
  // With a folder that cannot be known it may be any.
  return !extracts ? [] : args.includes(undefined) ? ["/"] : hasFolder ? folders : [workdir];
}
