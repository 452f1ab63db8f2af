import { posix } from "node:path";
import { startScript } from "../../../runtime/bench-facts";
import type { Step } from "./stages";
import { splitWords, type Word } from "./variables";

/** What a RUN may change that the contract checks. The check of the built image shows what it really did. */
export interface RunEffects {
  /** Its commands that create or change accounts. */
  readonly accounts: readonly (readonly Word[])[];
  /** Whether it may change accounts in a way that its text does not show. */
  readonly hidesAccounts: boolean;
  /** Whether it may put the start script in place, remove it or change its text. */
  readonly touchesScript: boolean;
  /** Whether it may change the mode or the owner of the start script. */
  readonly touchesMode: boolean;
}

const accountPrograms = /\b(?:useradd|adduser|usermod|userdel|deluser|newusers|groupadd|addgroup|groupmod|gpasswd)\b/g;
/**
 * These change accounts only by installing packages, whose users are system users, and change other files only if they name
 * them.
 */
const harmless = new Set(
  (
    "[ apk apt apt-get apt-mark bunzip2 cat cd chgrp chmod chown conda cp curl dnf dpkg echo exit export false git grep gunzip gzip head " +
    "ldconfig ln locale-gen ls mamba microdnf mkdir mv npm pip pip3 printf pwd rm rmdir sed set sleep tail tee test touch true umask " +
    "update-ca-certificates update-locale wget which yarn yum zypper"
  ).split(" "),
);

/** Judges only by the names of programs and paths. Any unknown command may do everything. */
export function effectsOf(step: Step): RunEffects {
  const text = textOf(step);
  const commands = text.split(/&&|\|\||[;&|\n]/).flatMap((command) => {
    const words = splitWords(command.replace(/^[\s({!]+/, ""), step.lookup);
    const start = words.findIndex((word) => word === undefined || !/^(?:if|then|else|do|sudo|\w+=.*)$/s.test(word));
    return start === -1 ? [] : [words.slice(start)];
  });
  const programs = commands.map(([program]) => posix.basename(program ?? "?"));
  const isAccount = (program: string) => program.match(accountPrograms)?.[0] === program;
  const accounts = commands.filter((_, i) => isAccount(programs[i] ?? ""));
  const others = programs.filter((program) => !isAccount(program) && !/^(?:#.*|[)}]|fi|done|esac)$/.test(program));
  const isOpaque = others.some((program) => !harmless.has(program));
  const mentions = text.match(accountPrograms)?.length ?? 0;
  const onlyModes = (words: readonly Word[]) => /^(?:chmod|chown|chgrp)$/.test(words[0] ?? "");
  return {
    accounts,
    hidesAccounts:
      isOpaque || mentions !== accounts.length || /\/etc\/(?:passwd|group|shadow|[\s"'*]|$)|`|\$\(/.test(text),
    touchesScript:
      isOpaque || commands.some((words) => !onlyModes(words) && words.some((word) => mayBeScript(word, step.workdir))),
    touchesMode: commands.some(onlyModes),
  };
}

/** Whether a word is the script, a folder above it, a pattern that may match it, or unknown. */
function mayBeScript(word: Word, workdir: string): boolean {
  if (word === undefined) {
    return true;
  }
  // A path may be attached to an option: `-C/`, `--directory=/`.
  const path = posix.resolve(workdir, word.replace(/^-[^/]*(?=\/)/, ""));
  if (path.includes(posix.basename(startScript)) || foldersAbove.has(path)) {
    return true;
  }
  return /[*?[{]/.test(path) && /^\/(?:usr|[^/]*[*?[{])/.test(path);
}

/** The folders above the start script. */
export const foldersAbove: ReadonlySet<string> = new Set(["/", "/usr", "/usr/local", "/usr/local/bin"]);

/** A here-document is a script of its own, or the input of a command that may do anything with it. */
function textOf({ json, words, text, documents }: Step): string {
  const isScript = /^\s*<<-?\S+\s*$/.test(text);
  const heads = json ? words.map((word) => word ?? "$?").join(" ") : isScript ? "" : text;
  return [heads, ...(isScript ? documents : documents.map(() => "?"))]
    .join("\n")
    .replace(/\\\r?\n/g, " ")
    .replace(/^\s*(?:\/\S*\/)?(?:ba|da)?sh -\w*c /, "");
}
