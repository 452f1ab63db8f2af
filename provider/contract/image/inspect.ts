import { posix } from "node:path";
import { benchGid, benchUid, startScript } from "../../../runtime/bench-facts";
import type { Docker, FileReader, FolderReader } from "../../docker/cli";
import { DockerError } from "../../docker/errors";
import type { ImageFile } from "../../docker/image-files";
import type { ImageInfo } from "../../docker/image-info";
import type { ImageLayer } from "../../docker/image-layers";
import { isSecret, secretFinding } from "../dockerfile/practice";
import { checkScriptWrites, volumeFindings } from "../dockerfile/script-writes";
import { type Finding, finding } from "../finding";
import type { Access } from "../rules";
import { checkScriptText, parseShebang, programOf } from "../script-text";
import { checkData } from "./data";
import { checkFolders } from "./folders";
import { checkSshServer, checkWebPort, sshConfig } from "./servers";
import { checkSize } from "./size";

/** The result of checking an image. */
export interface Inspection {
  readonly findings: readonly Finding[];
  /** The layers that make up its size, base first. */
  readonly layers: readonly ImageLayer[];
}

/** An image to check, from any place. */
export interface InspectedImage {
  readonly info: ImageInfo;
  /** What each build step added, base first. */
  readonly layers: readonly ImageLayer[];
  readonly read: FileReader;
  readonly find: FolderReader;
}

/**
 * Checks an image in the local Docker without running anything in it: platform, user, start script, servers, files, size.
 * Throws DockerError when Docker fails or has no such image.
 */
export async function inspectImage(docker: Docker, ref: string, options: { access: Access }): Promise<Inspection> {
  const info = await docker.inspect(ref);
  if (info === undefined) {
    throw new DockerError("docker image inspect", `the local Docker has no image ${ref}`);
  }
  const layers = await docker.layers(ref);
  return docker.withFiles(ref, (read, find) => inspectFiles({ info, layers, read, find }, options));
}

/** Paths that are read from every image, in addition to those that its own files name. */
export const alwaysRead: readonly string[] = ["/etc/passwd", "/etc/group", startScript, sshConfig];

/** The same checks for an image that may not be in any Docker. */
export async function inspectFiles(
  { info, layers, read, find }: InspectedImage,
  { access }: { access: Access },
): Promise<Inspection> {
  const accounts = parseAccounts(await textOf(read, "/etc/passwd"), await textOf(read, "/etc/group"));
  const script = await read(startScript);
  const findings = [
    ...checkPlatform(info),
    ...checkUser(info, accounts),
    ...checkAccount(accounts),
    ...(await checkScript(script, info, accounts, read)),
    ...(access.console ? await checkSshServer(script, read) : []),
    ...(access.web && script?.type === "file" ? await checkWebPort(script, info, read) : []),
    ...volumeFindings(Object.keys(info.Config.Volumes)),
    ...checkEnvironment(info),
    ...(await checkFolders(layers, read)),
    ...(await checkData(find)),
    ...checkSize(layers),
  ];
  return { findings, layers };
}

/** Reports variables that look like secrets, no matter which build step set them. */
function checkEnvironment({ Config: { Env } }: ImageInfo): Finding[] {
  return pairsOf(Env)
    .filter(([name, value]) => isSecret(name, value))
    .map(([name]) => secretFinding(`ENV ${name}`));
}

function pairsOf(env: readonly string[]): [string, string][] {
  return env.map((entry) => {
    const [name = "", ...value] = entry.split("=");
    return [name, value.join("=")];
  });
}

function checkPlatform({ Os, Architecture }: ImageInfo): Finding[] {
  if (Os === "linux" && Architecture === "amd64") {
    return [];
  }
  return [finding("ICA001", "error", `the image is for ${Os}/${Architecture}`)];
}

interface Accounts {
  readonly users: readonly { readonly name: string; readonly uid: number; readonly gid: number }[];
  readonly groups: readonly { readonly gid: number; readonly members: readonly string[] }[];
}

function parseAccounts(passwd: string, group: string): Accounts {
  const rows = (text: string) =>
    text
      .split("\n")
      .map((line) => line.trim().split(":"))
      .filter(({ length }) => length >= 3);
  return {
    users: rows(passwd).map(([name = "", , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) })),
    groups: rows(group).map(([, , gid, members = ""]) => ({
      gid: Number(gid),
      members: members.split(",").filter((name) => name !== ""),
    })),
  };
}

function checkUser({ Config: { User } }: ImageInfo, { users }: Accounts): Finding[] {
  const [name = ""] = User.split(":");
  if (name === "") {
    return [finding("ICA002", "error", "the image has no USER, so it is made for root")];
  }
  const uid = /^\d+$/.test(name) ? Number(name) : users.find((user) => user.name === name)?.uid;
  if (uid === benchUid) {
    return [];
  }
  return [
    finding(
      "ICA002",
      "error",
      uid === undefined
        ? `the image's USER ${name} is not in its /etc/passwd`
        : `the image's USER ${User} has UID ${uid}`,
    ),
  ];
}

function checkAccount(accounts: Accounts): Finding[] {
  const named = accounts.users.filter(({ uid }) => uid === benchUid);
  if (named.length === 0) {
    return [finding("ICA003", "error", `/etc/passwd of the image has no user with UID ${benchUid}`)];
  }
  if (named.some((user) => groupsOf(accounts, user).has(benchGid))) {
    return [];
  }
  const names = named.map(({ name }) => name).join(", ");
  return [finding("ICA003", "error", `the user ${names} (UID ${benchUid}) is not in the group with GID ${benchGid}`)];
}

function groupsOf({ groups }: Accounts, { name, gid }: { name: string; gid: number }): Set<number> {
  return new Set([gid, ...groups.filter(({ members }) => members.includes(name)).map((group) => group.gid)]);
}

async function checkScript(
  script: ImageFile | undefined,
  info: ImageInfo,
  accounts: Accounts,
  read: FileReader,
): Promise<Finding[]> {
  if (script === undefined) {
    return [finding("ICA004", "error", `the image has no ${startScript}`)];
  }
  if (script.type === "symlink") {
    return [finding("ICA004", "error", `${startScript} is a link to ${script.linkname}, which is not in the image`)];
  }
  if (script.type !== "file") {
    return [
      finding("ICA004", "error", `${startScript} is ${script.type === "directory" ? "a folder" : "no regular file"}`),
    ];
  }
  const may = permissions(script, accounts);
  const mode = script.mode.toString(8).padStart(4, "0");
  const findings =
    may.execute && may.read
      ? []
      : [
          finding(
            "ICA005",
            "error",
            `${startScript} may not be ${may.execute ? "read" : "executed"} by ${benchUid}:${benchGid} (mode ${mode}, owner ${script.uid}:${script.gid})`,
          ),
        ];
  const text = checkScriptText(script.content);
  if (text.length > 0) {
    return [...findings, ...text];
  }
  return [
    ...findings,
    ...(await checkInterpreter(script.content, info, accounts, read)),
    ...checkScriptWrites(script.content),
  ];
}

/** What the container's user may do with a file: 1000:100, with the additional groups of its entry. */
function permissions({ mode, uid, gid }: ImageFile, accounts: Accounts): { read: boolean; execute: boolean } {
  const groups = new Set([
    benchGid,
    ...accounts.users.filter((user) => user.uid === benchUid).flatMap((user) => [...groupsOf(accounts, user)]),
  ]);
  const bits = uid === benchUid ? mode >> 6 : groups.has(gid) ? mode >> 3 : mode;
  return { read: (bits & 4) !== 0, execute: (bits & 1) !== 0 };
}

async function checkInterpreter(
  content: Buffer,
  { Config: { Env } }: ImageInfo,
  accounts: Accounts,
  read: FileReader,
): Promise<Finding[]> {
  const shebang = parseShebang(content);
  if (shebang === undefined) {
    return [];
  }
  const { interpreter } = shebang;
  if (!(await isProgram(interpreter, accounts, read))) {
    return [finding("ICA009", "error", `${startScript} wants ${interpreter}, which is not in the image as a program`)];
  }
  if (posix.basename(interpreter) !== "env") {
    return [];
  }
  const name = programOf(shebang);
  if (name === undefined || name.includes("/")) {
    return [];
  }
  const folders = (
    Env.find((entry) => entry.startsWith("PATH="))?.slice(5) ??
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
  ).split(":");
  for (const folder of folders) {
    if (await isProgram(posix.join("/", folder, name), accounts, read)) {
      return [];
    }
  }
  return [
    finding("ICA009", "error", `${startScript} wants ${name} (by ${interpreter}), which is not on the image's PATH`),
  ];
}

async function isProgram(path: string, accounts: Accounts, read: FileReader): Promise<boolean> {
  const file = await read(path);
  return file?.type === "file" && permissions(file, accounts).execute;
}

async function textOf(read: FileReader, path: string): Promise<string> {
  const file = await read(path);
  return file?.type === "file" ? file.content.toString("utf8") : "";
}
