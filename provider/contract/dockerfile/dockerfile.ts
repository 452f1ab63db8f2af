import { posix } from "node:path";
import { benchGid, benchUid, startScript } from "../../../runtime/bench-facts";
import type { ContextListing } from "../../build-context/listing";
import { type Finding, finding } from "../finding";
import type { Access } from "../rules";
import { checkScriptText } from "../script-text";
import { type Accounts, accountFault, accountsOf } from "./accounts";
import { type Base, baseOf, foreignArchitecture } from "./base-images";
import { type ContextView, viewOf } from "./context-view";
import { checkPointers } from "./pointers";
import { checkPractice } from "./practice";
import { effectsOf, type RunEffects } from "./run-commands";
import { checkScriptWrites, checkVolumes } from "./script-writes";
import { checkSources } from "./sources";
import { type Plan, planOf, type Step } from "./stages";
import { isClosed, StartScript } from "./start-script";
import type { Word } from "./variables";

export interface DockerfileCheck {
  /** The declared access. Today no check of a Dockerfile uses it, since nothing about access is certain there. */
  readonly access: Access;
  /** The build of the Dockerfile. */
  readonly build?:
    | {
        readonly args?: Readonly<Record<string, string>> | undefined;
        readonly target?: string | undefined;
      }
    | undefined;
  /** The files that COPY may name; without them, nothing is said about them. */
  readonly files?: ContextListing | undefined;
}

/**
 * Checks a Dockerfile for what Bench certainly refuses, before minutes go into a build. One note covers everything that a
 * base image or a command hides: the check of the built image finds that. Only the stage that is built counts, and the
 * stages it is based on.
 */
export function checkDockerfile(text: string, { build = {}, files }: DockerfileCheck): Finding[] {
  const plan = planOf(text, build);
  if (plan === undefined) {
    return [
      finding(
        "ICA012",
        "error",
        build.target === undefined ? "the Dockerfile has no FROM" : `the Dockerfile has no stage "${build.target}"`,
      ),
    ];
  }
  const context = files === undefined ? undefined : viewOf(files);
  const seen = walk(plan, context);
  const parts = [checkUser(seen), checkAccounts(seen), checkScript(seen)];
  return [
    ...checkPlatforms(plan),
    ...parts.flatMap((part) => (typeof part === "string" ? [] : part)),
    ...checkCommands(plan.steps),
    ...checkSources(plan.steps, context, seen.script.missing),
    ...checkPointers(plan.steps, context, seen.script.file),
    ...checkVolumes(plan.steps),
    ...checkPractice(plan),
    ...hiddenNote(
      plan,
      parts.filter((part) => typeof part === "string"),
    ),
  ].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

/** The result of a walk through the steps. */
interface Seen {
  readonly base: Base;
  readonly accounts: Accounts;
  readonly script: StartScript;
  readonly user: { readonly line: number; readonly value: Word } | undefined;
  readonly lastLine: number;
}

/** Findings, or the part that cannot be seen. */
type Part = Finding[] | string;

function walk({ base: image, steps, froms }: Plan, context: ContextView | undefined): Seen {
  const base = baseOf(image);
  const script = new StartScript();
  let user: Seen["user"];
  const effects: RunEffects[] = [];
  for (const step of steps) {
    if (step.keyword === "USER") {
      user = { line: step.line, value: step.words[0] };
    } else if (step.keyword === "COPY" || step.keyword === "ADD") {
      script.copy(step, context);
    } else if (step.keyword === "RUN") {
      const effect = effectsOf(step);
      effects.push(effect);
      script.run(effect);
    }
  }
  const hidden =
    effects.some(({ hidesAccounts }) => hidesAccounts) || steps.some((step) => bringsAccounts(step, context));
  const commands = effects.flatMap((effect) => effect.accounts);
  return {
    base,
    accounts: accountsOf(base, commands, hidden),
    script,
    user,
    lastLine: Math.max(froms.at(-1)?.line ?? 1, ...steps.map(({ line }) => line)),
  };
}

/** Whether a COPY may replace /etc/passwd. */
function bringsAccounts(step: Step, context: ContextView | undefined): boolean {
  if (step.keyword !== "COPY" && step.keyword !== "ADD") {
    return false;
  }
  const target = step.words.at(-1);
  if (target === undefined) {
    return true;
  }
  const place = posix.resolve(step.workdir, target);
  if (place === "/etc/passwd" || place === "/etc/group") {
    return true;
  }
  if (place !== "/" && place !== "/etc") {
    return false;
  }
  if (context === undefined || step.flags.has("from") || step.keyword === "ADD") {
    return true;
  }
  const wanted = place === "/" ? "etc/passwd" : "passwd";
  return step.words
    .slice(0, -1)
    .some((source) => source === undefined || context.matches(source).some(({ below }) => below === wanted));
}

/** A single note about everything that only the check of the built image will show. */
function hiddenNote({ base, froms }: Plan, hidden: readonly string[]): Finding[] {
  if (hidden.length === 0) {
    return [];
  }
  const from = base === undefined || base === "" ? "the base image" : `the base image ${base}`;
  const message = `${from} or a command decides ${joined(hidden)}, which a Dockerfile does not show`;
  return [finding("ICA026", "note", message, froms[0]?.line)];
}

function joined(parts: readonly string[]): string {
  return [parts.slice(0, -1).join(", "), ...parts.slice(-1)].filter((part) => part !== "").join(" and ");
}

function checkPlatforms({ froms }: Plan): Finding[] {
  return froms.flatMap(({ line, platform, image }) => {
    const foreign = foreignArchitecture(image);
    if (foreign !== undefined) {
      return [finding("ICA001", "error", `${image} is an image for ${foreign}`, line)];
    }
    if (
      platform === undefined ||
      platform === "" ||
      /^(?:linux\/)?(?:amd64|x86_64|x86-64)(?:\/v\d)?$/i.test(platform)
    ) {
      return [];
    }
    return [finding("ICA001", "error", `FROM asks for the platform ${platform}`, line)];
  });
}

function checkUser({ base, accounts, user, lastLine }: Seen): Part {
  const hidden = `whether USER has UID ${benchUid}`;
  if (user === undefined) {
    return base.known
      ? [finding("ICA002", "error", "there is no USER, so the image is made for root", lastLine)]
      : hidden;
  }
  // An argument that is empty by default gets its value from the build.
  const [name = ""] = (user.value ?? "").split(":");
  if (name === "") {
    return hidden;
  }
  const uid = name === "root" ? 0 : /^\d+$/.test(name) ? Number(name) : uidOf(name, accounts);
  if (uid === undefined) {
    return accountFault(accounts) === undefined ? hidden : [];
  }
  return uid === benchUid ? [] : [finding("ICA002", "error", `USER ${user.value} has UID ${uid}`, user.line)];
}

function uidOf(name: string, { users, sure }: Accounts): number | undefined {
  return sure ? users.find((user) => user.name === name)?.uid : undefined;
}

function checkAccounts({ accounts, user, lastLine }: Seen): Part {
  const fault = accountFault(accounts);
  if (fault !== undefined) {
    return [finding("ICA003", "error", fault, user?.line ?? lastLine)];
  }
  return accounts.sure && accounts.users.some(({ uid, inGroup }) => uid === benchUid && inGroup === true)
    ? []
    : `whether there is a user with UID ${benchUid} in the group ${benchGid}`;
}

function checkScript({ base, script, lastLine }: Seen): Part {
  const { present, missing, elsewhere, text, file, line = lastLine } = script;
  if (missing !== undefined && present !== "yes") {
    const message = `${missing.source} is not in the context, or .dockerignore leaves it out`;
    return [finding("ICA004", "error", message, missing.line)];
  }
  if (present === "maybe" || (present === "no" && !base.known)) {
    return `whether ${startScript} is there and can be started`;
  }
  if (present === "no") {
    const message =
      elsewhere === undefined
        ? `nothing puts a file at ${startScript}`
        : `the start script is put at ${elsewhere.path}, and has to be at ${startScript}`;
    return [finding("ICA004", "error", message, elsewhere?.line ?? lastLine)];
  }
  const mode = isClosed(script)
    ? [finding("ICA005", "error", `${startScript} is not executable for ${benchUid}:${benchGid}`, line)]
    : [];
  if (text === undefined) {
    return mode;
  }
  const wrong = checkScriptText(text, line, file);
  return [...mode, ...wrong, ...(wrong.length > 0 ? [] : checkScriptWrites(text, line, file))];
}

/** Checks only this Dockerfile's own commands: the CMD of a base image (bash in Debian) is not intended. */
function checkCommands(steps: readonly Step[]): Finding[] {
  const set = ["ENTRYPOINT", "CMD"]
    .map((keyword) => steps.findLast((step) => step.keyword === keyword))
    .filter((step) => step !== undefined)
    // An empty command resets what an earlier stage has set.
    .filter(({ text, words }) => text.trim() !== "" && words.length > 0);
  if (set.length === 0 || set.some(({ text }) => text.includes(posix.basename(startScript)))) {
    return [];
  }
  return set
    .slice(0, 1)
    .map(({ keyword, text, line }) =>
      finding("ICA006", "warning", `Bench does not run ${keyword} ${text.trim()}`, line),
    );
}
