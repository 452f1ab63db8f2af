import { type Base, bundledUsers, hasFedorasAdduser, isBusyBox } from "./base-images";
import { type Option, type Options, readOptions } from "./options";
import { benchGid, benchUid } from "./rules";
import type { Command, Word } from "./shell";

export interface Account {
  /** Undefined when it is left to the program, or cannot be read from the text. */
  uid: number | undefined;
  readonly groups: Set<number>;
  /** Whether `groups` holds all of its groups. */
  complete: boolean;
}

/** The users and groups that a Dockerfile makes, as far as its commands show. */
export class Accounts {
  readonly users = new Map<string, Account>();
  /** Whether a user was made or changed whose name cannot be known. */
  hidden = false;
  readonly #groups = new Map<string, number>([
    ["root", 0],
    // The same number in Debian, Ubuntu, Alpine and Fedora.
    ["users", benchGid],
  ]);
  readonly #base: Base;
  readonly #readers = new Map<string, (args: readonly Word[]) => void>([
    ["useradd", (args) => this.#useradd(args)],
    ["adduser", (args) => this.#adduser(args)],
    ["usermod", (args) => this.#usermod(args)],
    ["groupadd", (args) => this.#groupadd(args)],
    ["groupmod", (args) => this.#groupadd(args)],
    ["addgroup", (args) => this.#addgroup(args)],
    ["gpasswd", (args) => this.#gpasswd(args)],
    ["userdel", (args) => this.#userdel(args)],
    ["deluser", (args) => this.#userdel(args)],
  ]);

  constructor(base: Base) {
    this.#base = base;
    for (const name of bundledUsers(base)) this.users.set(name, { uid: 1000, groups: new Set([1000]), complete: true });
  }

  /** Takes in one command; commands that have nothing to do with accounts change nothing. */
  run({ words }: Command): void {
    const [program, ...args] = words;
    const read = this.#readers.get(program?.replace(/^\/(?:usr\/)?s?bin\//, "") ?? "");
    read?.(args);
  }

  /** Undefined for a user that nothing here makes: the base may have it. */
  uidOf(user: Word): number | undefined {
    if (user === undefined) return undefined;
    return user === "root" ? 0 : (this.users.get(user)?.uid ?? numberOf(user));
  }

  gidOf(group: Word): number | undefined {
    return group === undefined ? undefined : (this.#groups.get(group) ?? numberOf(group));
  }

  /** All groups of the users with UID 1000. */
  get benchGroups(): ReadonlySet<number> {
    return new Set([...this.users.values()].filter(({ uid }) => uid === benchUid).flatMap(({ groups }) => [...groups]));
  }

  #useradd(args: readonly Word[]): void {
    const { options, names, unnamed } = readNamed(
      args,
      "bcdefgGkKpsuZRP",
      "base-dir comment home-dir home expiredate inactive gid groups skel key password shell uid root prefix selinux-user selinux-range",
    );
    const [name] = names;
    if (name === undefined) {
      this.hidden ||= unnamed;
      return;
    }
    const account = this.#make(name, options.get("u") ?? options.get("uid"));
    const primary = options.get("g") ?? options.get("gid");
    if (primary !== undefined) this.#join(account, primary.value);
    // Without a group of its own the user gets the system's default one, which is "users" in Debian and Ubuntu.
    else if (options.has("N") || options.has("no-user-group")) this.#join(account, "users");
    // The group of users by default, or one of its own: versions of openSUSE differ.
    else if (this.#base.name?.startsWith("opensuse/")) account.complete = false;
    this.#joinAll(account, options.get("G") ?? options.get("groups"));
  }

  /** Debian's adduser has long options, BusyBox' short ones, and in Fedora it is another name of useradd. */
  #adduser(args: readonly Word[]): void {
    if (hasFedorasAdduser(this.#base) || args.some((word) => word !== undefined && onlyUseradd.test(word))) {
      this.#useradd(args);
      return;
    }
    const long = "uid gid ingroup home shell gecos comment conf firstuid lastuid add_extra_groups";
    const { options, names, unnamed } = readNamed(args, "hgsGuk", long);
    const [name, group] = names;
    if (name === undefined) {
      this.hidden ||= unnamed;
      return;
    }
    const existing = this.users.get(name);
    if (group !== undefined || (existing !== undefined && options.size === 0)) {
      if (existing !== undefined) this.#join(existing, group);
      return;
    }
    const account = this.#make(name, options.get("u") ?? options.get("uid"));
    for (const option of ["G", "gid", "ingroup"]) {
      const value = options.get(option);
      if (value !== undefined) this.#join(account, value.value);
    }
    if (!isBusyBox(this.#base)) {
      const value = options.get("g")?.value;
      if (value === "users" || value === String(benchGid)) this.#join(account, value);
      // New versions of Debian's adduser put every user in "users" of themselves.
      account.complete = false;
    }
  }

  #usermod(args: readonly Word[]): void {
    const { options, names, unnamed } = readNamed(
      args,
      "cdefgGlpsuZRP",
      "comment home expiredate inactive gid groups login password shell uid root prefix selinux-user",
    );
    const [name] = names;
    const account = name === undefined ? undefined : this.users.get(name);
    if (name === undefined || account === undefined) {
      this.hidden ||= name === undefined && unnamed;
      return;
    }
    const uid = options.get("u") ?? options.get("uid");
    if (uid !== undefined) account.uid = numberOf(uid.value);
    const primary = options.get("g") ?? options.get("gid");
    if (primary !== undefined) this.#join(account, primary.value);
    this.#joinAll(account, options.get("G") ?? options.get("groups"));
    const renamed = (options.get("l") ?? options.get("login"))?.value;
    if (renamed !== undefined) {
      this.users.delete(name);
      this.users.set(renamed, account);
    }
  }

  #groupadd(args: readonly Word[]): void {
    const { options, names } = readNamed(args, "gKpRPnU", "gid key password root prefix new-name users");
    const gid = numberOf((options.get("g") ?? options.get("gid"))?.value);
    const [name] = names;
    if (name !== undefined && gid !== undefined) this.#groups.set(name, gid);
  }

  /** `addgroup -g GID NAME` makes a group, `addgroup USER GROUP` (BusyBox) fills one. */
  #addgroup(args: readonly Word[]): void {
    const { names } = readNamed(args, "g", "gid");
    const [user, group] = names;
    const account = user === undefined ? undefined : this.users.get(user);
    if (group !== undefined && account !== undefined) this.#join(account, group);
    else this.#groupadd(args);
  }

  #gpasswd(args: readonly Word[]): void {
    const { options, names } = readNamed(args, "adMAQ", "add delete members administrators root");
    const user = (options.get("a") ?? options.get("add"))?.value;
    const account = user === undefined ? undefined : this.users.get(user);
    if (account !== undefined) this.#join(account, names[0]);
  }

  #userdel(args: readonly Word[]): void {
    const { names } = readNamed(args, "RP", "root prefix home");
    const [name, group] = names;
    if (name !== undefined && group === undefined) this.users.delete(name);
  }

  #make(name: string, uid: Option | undefined): Account {
    const account: Account = { uid: numberOf(uid?.value), groups: new Set(), complete: true };
    this.users.set(name, account);
    return account;
  }

  #join(account: Account, group: Word): void {
    const gid = this.gidOf(group);
    if (gid === undefined) account.complete = false;
    else account.groups.add(gid);
  }

  #joinAll(account: Account, list: Option | undefined): void {
    if (list === undefined) return;
    if (list.value === undefined) account.complete = false;
    for (const group of list.value?.split(",") ?? []) this.#join(account, group);
  }
}

/** Options that useradd has, and neither Debian's adduser nor that of BusyBox. */
const onlyUseradd = /^-[A-Za-z]*[MNdcmr]/;

/** A name that cannot be known is passed over. */
function readNamed(args: readonly Word[], short: string, long: string): Named {
  const { options, operands } = readOptions(args, short, long);
  return { options, names: operands.filter((word) => word !== undefined), unnamed: operands.includes(undefined) };
}

interface Named {
  readonly options: Options["options"];
  readonly names: readonly string[];
  readonly unnamed: boolean;
}

function numberOf(text: Word): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
