import { benchGid, benchUid } from "../../../runtime/bench-facts";
import { type Base, bundledUser } from "./base-images";
import type { Word } from "./variables";

/** The users of an image, as far as the Dockerfile shows them with certainty. The check of the built image finds the rest. */
export interface Accounts {
  /** Whether the base is known and no command hides what it does to the users. */
  readonly sure: boolean;
  /** If `sure`: the only users that can exist apart from system users. */
  readonly users: readonly Account[];
}

interface Account {
  readonly name: string;
  readonly uid: number;
  /** Whether the user is in group 100; undefined when that cannot be seen. */
  readonly inGroup: boolean | undefined;
}

/** @param commands the commands that create or change accounts */
export function accountsOf(base: Base, commands: readonly (readonly Word[])[], hidden: boolean): Accounts {
  const bundled = bundledUser(base);
  const [command, ...others] = commands;
  const made = command === undefined ? undefined : plainAccount(command, base);
  const users = [
    ...(typeof bundled === "string" ? [{ name: bundled, uid: 1000, inGroup: false }] : []),
    ...(made === undefined ? [] : [made]),
  ];
  const plain = others.length === 0 && (command === undefined || made !== undefined);
  return { users, sure: base.known && bundled !== "unknown" && plain && !hidden };
}

const withValue =
  /^(?:-[A-Za-z]*[bcdefgGhkKpsu]|--(?:uid|gid|groups|ingroup|home(?:-dir)?|shell|comment|gecos|skel|password|base-dir))$/;

/** `useradd --uid 1000 --gid 100 ica`: a number and a name that can be read. The check of the built image covers other forms. */
function plainAccount([program = "", ...args]: readonly Word[], base: Base): Account | undefined {
  const words = args.filter((word) => word !== undefined);
  const name = words.at(-1);
  if (words.length !== args.length || name === undefined || name.startsWith("-")) {
    return undefined;
  }
  if (withValue.test(words.at(-2) ?? "")) {
    return undefined;
  }
  const option = (...names: readonly string[]) =>
    words.flatMap((word, i) =>
      names.flatMap((each) => {
        if (word === each || (/^-\w+$/.test(word) && !each.startsWith("--") && word.endsWith(each.slice(1)))) {
          return words[i + 1] ?? [];
        }
        const attached = each.startsWith("--") ? `${each}=` : each;
        return word.startsWith(attached) && word !== each ? word.slice(attached.length) : [];
      }),
    );
  const [uid = "", ...more] = option("-u", "--uid");
  if (!/\/?(?:useradd|adduser)$/.test(program) || !/^\d+$/.test(uid) || more.length > 0) {
    return undefined;
  }
  const groups = option("-g", "--gid", "-G", "--groups", "--ingroup").flatMap((list) => list.split(","));
  return { name, uid: Number(uid), inGroup: isInGroup(groups, program, words, base) };
}

function isInGroup(
  groups: readonly string[],
  program: string,
  words: readonly string[],
  base: Base,
): boolean | undefined {
  if (groups.includes("users") || groups.includes(String(benchGid))) {
    return true;
  }
  // A system may put adduser's users into "users" by default. useradd may do so with an option, and does by default in
  // openSUSE.
  const own = program.endsWith("useradd") && !base.name?.startsWith("opensuse/");
  if (!own || words.some((word) => /^-\w*N|^--no-user-group$/.test(word))) {
    return undefined;
  }
  return groups.every((group) => /^\d+$/.test(group)) ? false : undefined;
}

/** Messages for definite errors in the users. */
export function accountFault({ users, sure }: Accounts): string | undefined {
  if (!sure) {
    return undefined;
  }
  const [bench] = users.filter(({ uid }) => uid === benchUid);
  if (bench === undefined) {
    return `nothing makes a user with UID ${benchUid}`;
  }
  if (bench.inGroup !== false || users.some(({ uid, inGroup }) => uid === benchUid && inGroup !== false)) {
    return undefined;
  }
  return `the user ${bench.name} (UID ${benchUid}) is not put in the group users (GID ${benchGid})`;
}
