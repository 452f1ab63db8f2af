import { posix } from "node:path";
import { startScript } from "../../../runtime/bench-facts";
import type { FileReader } from "../../docker/cli";
import type { ImageFile } from "../../docker/image-files";
import type { ImageInfo } from "../../docker/image-info";
import { type Finding, finding } from "../finding";

/** Where distributions install an SSH server. */
const sshServers = [
  "/usr/sbin/sshd",
  "/usr/bin/sshd",
  "/usr/local/sbin/sshd",
  "/usr/local/bin/sshd",
  "/opt/openssh/sbin/sshd",
  "/usr/sbin/dropbear",
];
/** What sshd reads by default. */
export const sshConfig = "/etc/ssh/sshd_config";
/** Number of files to follow from the start script; more would be a search of the whole image. */
const mostFollowed = 12;

/** Whether the image has an SSH server, and whether anything configures Bench's port and the workspace's keys for it. */
export async function checkSshServer(script: ImageFile | undefined, read: FileReader): Promise<Finding[]> {
  if (!(await hasAny(sshServers, read))) {
    return [
      finding(
        "ICA010",
        "error",
        `access.console is declared, and the image has no SSH server (looked for ${sshServers.join(", ")})`,
      ),
    ];
  }
  // A compiled program may do anything.
  if (script?.type !== "file" || isProgram(script)) {
    return [];
  }
  const texts = [...(await textsOf(script, read)), await settingsOf(sshConfig, read)];
  const unsaid = [
    texts.some((text) => /\b2222\b/.test(text)) ? [] : ["port 2222"],
    texts.some((text) => text.includes("workspace-auth")) ? [] : ["the keys in /etc/workspace-auth"],
  ].flat();
  if (unsaid.length === 0) {
    return [];
  }
  return [
    finding(
      "ICA021",
      "warning",
      `access.console is declared, and neither the start script nor sshd's configuration mentions ${unsaid.join(" and ")}`,
    ),
  ];
}

/** Whether anything names port 8888: the image's settings, the start script, or what it starts or configures. */
export async function checkWebPort(script: ImageFile, { Config }: ImageInfo, read: FileReader): Promise<Finding[]> {
  const port = /\b8888\b/;
  const settings = [...Object.keys(Config.ExposedPorts), ...Config.Env, ...Config.Entrypoint, ...Config.Cmd];
  if ([...settings, ...(await textsOf(script, read))].some((text) => port.test(text))) {
    return [];
  }
  return [
    finding(
      "ICA011",
      "warning",
      "access.web is declared, and neither the image's settings nor its start script mention port 8888",
    ),
  ];
}

/** The start script, the texts that it names, and the texts that those name. */
async function textsOf(script: ImageFile, read: FileReader): Promise<string[]> {
  const seen = new Set<string>();
  const texts = [script.content.toString("utf8")];
  for (let at = 0; at < texts.length; at++) {
    for (const path of filesNamedIn(texts[at] ?? "")) {
      if (seen.has(path) || seen.size >= mostFollowed) {
        continue;
      }
      seen.add(path);
      const file = await read(path);
      if (file?.type === "file" && !isProgram(file)) {
        texts.push(file.content.toString("utf8"));
      }
    }
  }
  return texts;
}

/** Scripts and configuration files that a script names. A script name without a path is looked up next to the start script. */
function filesNamedIn(text: string): string[] {
  const paths = text.match(/\/(?:etc|usr|opt|srv|home)\/[\w./+-]+/g) ?? [];
  const scripts = (text.match(/(?<![\w.+/-])[\w+-]+\.(?:sh|py|R)\b/g) ?? []).map((name) =>
    posix.join(posix.dirname(startScript), name),
  );
  return [...scripts, ...paths].filter((path) => path !== startScript && !/^\/usr\/(?:s?bin|lib)\//.test(path));
}

/** A configuration without its comments: the distributions' own file says "#Port 22". */
async function settingsOf(path: string, read: FileReader): Promise<string> {
  const file = await read(path);
  return file?.type === "file" ? file.content.toString("utf8").replace(/^[ \t]*#.*$/gm, "") : "";
}

async function hasAny(paths: readonly string[], read: FileReader): Promise<boolean> {
  for (const path of paths) {
    if ((await read(path))?.type === "file") {
      return true;
    }
  }
  return false;
}

function isProgram({ content }: ImageFile): boolean {
  return content.includes(0);
}
