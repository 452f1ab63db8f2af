import { posix } from "node:path";
import { type Account, Accounts } from "./accounts";
import { type Base, baseOf, foreignArchitecture } from "./base-images";
import { type ContextView, viewContext } from "./context-view";
import { closedToBench } from "./file-mode";
import { type Finding, finding } from "./finding";
import { withoutDocuments } from "./here-documents";
import { checkPractice } from "./practice";
import { type Access, benchGid, benchUid, startScript } from "./rules";
import { runOnScript } from "./script-commands";
import { checkScriptText, isShellProgram, parseShebang } from "./script-text";
import { checkScriptWrites, checkVolumes } from "./script-writes";
import { type Command, parseCommands, type Word } from "./shell";
import { checkSources } from "./sources";
import { type Plan, planOf, type Step } from "./stages";
import { StartScript } from "./start-script";

export interface DockerfileCheck {
  /** What is declared to be open; nothing of it can be seen for sure in a Dockerfile today. */
  readonly access: Access;
  /** The build the Dockerfile is for: its args and target, and its context, where files that COPY names are looked at. */
  readonly build?:
    | {
        readonly context?: string | undefined;
        readonly dockerfile?: string | undefined;
        readonly args?: Readonly<Record<string, string>> | undefined;
        readonly target?: string | undefined;
      }
    | undefined;
}

/**
 * Reads a Dockerfile for what Bench would refuse, before minutes are spent on a build. An error is sure; where a base image or
 * a script may provide what is missing it is a warning, and the image itself is looked at after the build. Only the stage that
 * is built counts, and the stages it is based on.
 */
export async function checkDockerfile(text: string, { build = {} }: DockerfileCheck): Promise<Finding[]> {
  const plan = planOf(text, build);
  if (plan === undefined)
    return [
      finding(
        "ICA012",
        "error",
        build.target === undefined ? "the Dockerfile has no FROM" : `the Dockerfile has no stage "${build.target}"`,
      ),
    ];
  const context =
    build.context === undefined
      ? undefined
      : await viewContext({ context: build.context, dockerfile: build.dockerfile });
  const seen = walk(plan, context);
  return [
    ...checkPlatforms(plan),
    ...checkAccounts(seen),
    ...checkScript(seen),
    ...checkCommands(plan.steps),
    ...checkSources(plan.steps, context, seen.script.missing),
    ...checkVolumes(plan.steps),
    ...checkPractice(plan),
  ].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

/** What a walk through the steps has seen. */
interface Seen {
  readonly base: Base;
  readonly accounts: Accounts;
  readonly script: StartScript;
  readonly user: { readonly line: number; readonly value: Word } | undefined;
  /** Whether something may have made users that the walk did not see. */
  readonly hidden: boolean;
  /** The environment of the image. */
  readonly env: ReadonlyMap<string, Word>;
  readonly lastLine: number;
}

function walk({ base: image, steps, froms }: Plan, context: ContextView | undefined): Seen {
  const base = baseOf(image);
  const accounts = new Accounts(base);
  const script = new StartScript();
  let user: Seen["user"];
  let hidden = false;
  for (const step of steps) {
    if (step.keyword === "USER") user = { line: step.line, value: step.words[0] };
    else if (step.keyword === "COPY" || step.keyword === "ADD") {
      script.copy(step, context, accounts);
      hidden ||= bringsAccounts(step, context);
    } else if (step.keyword === "RUN") {
      let folder = step.workdir;
      for (const command of commandsOf(step)) {
        if (command.words[0] === "cd") folder = posix.resolve(folder, command.words[1] ?? ".");
        accounts.run(command);
        runOnScript(script, command, { workdir: folder, line: step.line, accounts });
        if (isOpaque(command)) {
          hidden = true;
          script.perhaps();
        }
      }
    }
  }
  return {
    base,
    accounts,
    script,
    user,
    hidden,
    env: new Map(steps.filter(({ keyword }) => keyword === "ENV").flatMap(({ sets }) => sets)),
    lastLine: Math.max(froms.at(-1)?.line ?? 1, ...steps.map(({ line }) => line)),
  };
}

function commandsOf(step: Step): Command[] {
  if (step.json) return [{ words: step.words, at: 0 }].flatMap((command) => inner(command, step));
  const body = () => commandsOfBody(step).flatMap((command) => inner(command, step));
  if (/^\s*<<-?\s*\S+\s*$/.test(step.text)) return body();
  return parseCommands(step.text, step.lookup).flatMap((command) =>
    step.documents.length > 0 && readsScript(command) ? body() : inner(command, step),
  );
}

/** What a here-document says is run by a shell, or by the program that its own first line names, which nobody sees into. */
function commandsOfBody({ documents, lookup }: Step): Command[] {
  const script = documents.join("\n");
  const shebang = parseShebang(Buffer.from(script));
  if (shebang !== undefined && !isShellProgram(shebang)) return [{ words: [undefined], at: 0 }];
  return parseCommands(withoutDocuments(script), lookup);
}

/** `bash -e <<EOF` runs the here-document. */
function readsScript({ words: [program, ...args] }: Command): boolean {
  const from = args.indexOf("<");
  return isShell(program) && from !== -1 && args.slice(0, from).every((word) => word?.startsWith("-"));
}

/** `sh -c '…'` and `su -c '…'` are the commands in it. */
function inner(command: Command, step: Step): Command[] {
  const [program, ...args] = command.words;
  const flag = args.findIndex((word) => /^-\w*c$/.test(word ?? ""));
  const text = args[flag + 1];
  return (isShell(program) || program === "su") && flag !== -1 && text !== undefined
    ? parseCommands(text, step.lookup)
    : [command];
}

function isShell(program: Word): boolean {
  return /^(?:\/(?:usr\/)?bin\/)?(?:ba|da|a|z|k)?sh$/.test(program ?? "");
}

/** Whether a command may do anything, because what it runs is not in the Dockerfile. */
function isOpaque({ words }: Command): boolean {
  const [program] = words;
  if (program === undefined) return true;
  if (words.some((word) => word !== undefined && /^\/etc\/(?:passwd|group)$/.test(word))) return true;
  // Only looks whether it can be read.
  if (isShell(program) && words[1] === "-n") return false;
  if (
    isShell(program) ||
    /^(?:\.|source|eval|xargs|make|ansible-playbook|newusers|python[\d.]*|perl|ruby|node|Rscript)$/.test(program)
  )
    return !onlyInstalls(words);
  return program.endsWith(".sh") || (program.includes("/") && !/^\/(?:usr\/)?(?:local\/)?s?bin\//.test(program));
}

/** `python -m pip install` and such make no users. */
function onlyInstalls(words: readonly Word[]): boolean {
  return words[1] === "-m" && /^(?:pip|venv|ensurepip|compileall)$/.test(words[2] ?? "");
}

function bringsAccounts(step: Step, context: ContextView | undefined): boolean {
  const target = step.words.at(-1);
  if (target === undefined) return true;
  const place = posix.resolve(step.workdir, target);
  if (place === "/etc/passwd" || place === "/etc/group") return true;
  if (place !== "/" && place !== "/etc") return false;
  if (context === undefined || step.flags.has("from") || step.keyword === "ADD") return true;
  const wanted = place === "/" ? "etc/passwd" : "passwd";
  return step.words
    .slice(0, -1)
    .some((source) => source === undefined || context.matches(source).some(({ below }) => below === wanted));
}

function checkPlatforms({ froms }: Plan): Finding[] {
  return froms.flatMap(({ line, platform, image }) => {
    const foreign = foreignArchitecture(image);
    if (foreign !== undefined) return [finding("ICA001", "error", `${image} is an image for ${foreign}`, line)];
    if (platform === undefined || platform === "" || /^(?:linux\/)?(?:amd64|x86_64|x86-64)(?:\/v\d)?$/i.test(platform))
      return [];
    return [finding("ICA001", "error", `FROM asks for the platform ${platform}`, line)];
  });
}

function checkAccounts({ base, accounts, user, hidden: others, lastLine }: Seen): Finding[] {
  const hidden = others || accounts.hidden;
  const sure = base.known && !hidden;
  const bench = [...accounts.users].filter(([, { uid }]) => uid === benchUid);
  const findings = checkUser(base, accounts, user, sure, lastLine);
  const member = (account: Account) => account.groups.has(benchGid);
  if (bench.some(([, account]) => member(account))) return findings;
  const [outside] = bench;
  if (outside !== undefined) {
    const [name, { complete }] = outside;
    const message = `the user ${name} (UID ${benchUid}) is not put in the group users (GID ${benchGid})`;
    return [...findings, finding("ICA003", complete && !hidden ? "error" : "warning", message, user?.line ?? lastLine)];
  }
  // A user whose UID is left to chance, or hidden in a variable: what ICA002 says is enough.
  if (
    [...accounts.users.values()].some((account) => account.uid === undefined && (member(account) || !account.complete))
  )
    return findings;
  const unseen = sure
    ? `nothing makes a user with UID ${benchUid}`
    : `it cannot be seen here whether there is a user with UID ${benchUid} in the group ${benchGid}`;
  return [...findings, finding("ICA003", sure ? "error" : "warning", unseen, user?.line ?? lastLine)];
}

function checkUser(base: Base, accounts: Accounts, user: Seen["user"], sure: boolean, lastLine: number): Finding[] {
  if (user === undefined) {
    if (base.known) return [finding("ICA002", "error", "there is no USER, so the image is made for root", lastLine)];
    return [
      finding(
        "ICA002",
        "warning",
        "there is no USER; whether the base image's user has UID 1000 cannot be seen here",
        lastLine,
      ),
    ];
  }
  const { line, value } = user;
  // An argument that is empty by default is one that the build gives.
  if (value === undefined || value === "")
    return [finding("ICA002", "warning", "the UID of USER cannot be seen here: it is hidden in a variable", line)];
  const [name = ""] = value.split(":");
  const uid = name === "root" || name === "" ? 0 : /^\d+$/.test(name) ? Number(name) : accounts.users.get(name)?.uid;
  if (uid === benchUid) return [];
  if (uid !== undefined) return [finding("ICA002", "error", `USER ${value} has UID ${uid}`, line)];
  if (accounts.users.has(name))
    return [
      finding("ICA002", "warning", `the UID of USER ${name} is left to chance: give it with --uid ${benchUid}`, line),
    ];
  // That the user is missing is said once, by ICA003.
  return sure ? [] : [finding("ICA002", "warning", `the UID of USER ${name} cannot be seen here`, line)];
}

function checkScript({ base, accounts, script, hidden, env, lastLine }: Seen): Finding[] {
  const { present, missing, elsewhere, text, file, line = lastLine } = script;
  if (missing !== undefined && present !== "yes")
    return [
      finding(
        "ICA004",
        "error",
        `${missing.source} is not in the context, or .dockerignore leaves it out`,
        missing.line,
      ),
    ];
  if (present !== "yes") {
    const sure = base.known && present === "no" && !hidden;
    const where =
      elsewhere === undefined
        ? sure
          ? `nothing puts a file at ${startScript}`
          : `it cannot be seen here whether ${startScript} is there`
        : `the start script is put at ${elsewhere.path}, and has to be at ${startScript}`;
    return [finding("ICA004", sure ? "error" : "warning", where, elsewhere?.line ?? lastLine)];
  }
  const closed = closedToBench(script.mode, script.owner, accounts.benchGroups);
  const mode =
    closed === "surely"
      ? [finding("ICA005", "error", `${startScript} is not executable for ${benchUid}:${benchGid}`, line)]
      : closed === "likely"
        ? [finding("ICA005", "warning", `nothing that can be seen here makes ${startScript} executable`, line)]
        : [];
  if (text === undefined) return mode;
  const wrong = checkScriptText(text, line, file).map(
    (found): Finding => (script.textIsSure ? found : { ...found, severity: "warning" }),
  );
  return [...mode, ...wrong, ...(wrong.length > 0 ? [] : checkScriptWrites(text, env, line, file))];
}

/** Only what this Dockerfile says: the CMD of a base image (Debian has bash) is nobody's intention. */
function checkCommands(steps: readonly Step[]): Finding[] {
  const set = ["ENTRYPOINT", "CMD"]
    .map((keyword) => steps.findLast((step) => step.keyword === keyword))
    .filter((step) => step !== undefined)
    // An empty one takes back what an earlier stage has set.
    .filter(({ text }) => !/^\s*(?:\[\s*\])?\s*$/.test(text));
  if (set.length === 0 || set.some(({ text }) => text.includes(posix.basename(startScript)))) return [];
  return set
    .slice(0, 1)
    .map(({ keyword, text, line }) =>
      finding("ICA006", "warning", `Bench does not run ${keyword} ${text.trim()}`, line),
    );
}
