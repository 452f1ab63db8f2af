/** Where the vendor says so: the page that people follow by hand, and its example images. */
const page = "https://help.ica.illumina.com/project/p-bench/bring-your-own-bench-image";
const examples = "https://github.com/Illumina/Bench-Example-Images";

/** One rule of the image contract. The table drives the checks and docs/image-contract.md. */
export interface Rule {
  /** What must be so. */
  readonly title: string;
  /** What happens in Bench if it is not. */
  readonly reason: string;
  /** The vendor's place for it. */
  readonly source: string;
  /** What to do, as one sentence. */
  readonly fix: string;
  /** Where it is looked at: the Dockerfile (in preview), the image (after the build). */
  readonly checked: readonly ("Dockerfile" | "image")[];
}

/** A bench image starts with this file as its main process (vendor page, "Workspace Lifecycle"). */
export const startScript = "/usr/local/bin/ica_start.sh";
/** Bench runs every container as this user and group, whatever the image says (vendor page, "Root User"). */
export const benchUid = 1000;
export const benchGid = 100;

export const rules = {
  ICA001: {
    title: "The image is for Linux on x86 (linux/amd64)",
    reason: "Bench machines are Linux X86; an image for another platform does not start.",
    source: `${page}, "Requirements"`,
    fix: "Take a base image that has linux/amd64, and leave --platform out of FROM: the build is for linux/amd64 on any machine.",
    checked: ["Dockerfile", "image"],
  },
  ICA002: {
    title: "The image's user has UID 1000",
    reason:
      "Bench runs the container as UID 1000 and nothing can change that; an image made for another user fails on its own files.",
    source: `${page}, "User (Dockerfile)" and "Root User"`,
    fix: "End the Dockerfile with USER 1000, or with the name of the user that has UID 1000.",
    checked: ["Dockerfile", "image"],
  },
  ICA003: {
    title: "There is a user with UID 1000 in the group with GID 100",
    reason:
      "Bench runs the container as 1000:100; without an entry in /etc/passwd programs such as sshd and git do not know who they are.",
    source: `${page}, "User (Dockerfile)": "Bench workspaces need to run as user with uid 1000 and be part of group with gid 100"`,
    fix: "Add RUN useradd --uid 1000 --gid 100 --home-dir /data --no-create-home --shell /bin/bash ica (Alpine: adduser -H -D -s /bin/bash -h /data -u 1000 -G users ica).",
    checked: ["Dockerfile", "image"],
  },
  ICA004: {
    title: `${startScript} is there`,
    reason: "It is the main process of the workspace: without it the workspace does not boot.",
    source: `${page}, "Workspace Lifecycle": "This script needs to be available and executable otherwise your workspace will not boot"`,
    fix: `Add COPY --chmod=0755 ica_start.sh ${startScript}.`,
    checked: ["Dockerfile", "image"],
  },
  ICA005: {
    title: `${startScript} is executable for 1000:100`,
    reason: "A script that its user may not execute and read does not start, and the workspace does not boot.",
    source: `${page}, "Workspace Lifecycle" and "Init Script (Dockerfile)" (COPY --chmod=0755)`,
    fix: `Write COPY --chmod=0755 …, or add RUN chmod 0755 ${startScript}.`,
    checked: ["Dockerfile", "image"],
  },
  ICA006: {
    title: "ENTRYPOINT and CMD name nothing that has to run",
    reason: `Bench starts ${startScript} itself; what ENTRYPOINT or CMD would start does not run there.`,
    source: `${page}, "Workspace Lifecycle"; ${examples} sets neither`,
    fix: `Start it from ${startScript}; drop ENTRYPOINT and CMD, or name ${startScript} in CMD for docker run.`,
    checked: ["Dockerfile"],
  },
  ICA007: {
    title: `${startScript} starts with a line that names its interpreter`,
    reason:
      'It is started as a program, not by a shell: without "#!" in its first two bytes that fails with "exec format error".',
    source: `${page}, "Workspace Lifecycle" (main process); ${examples}, ica_start.sh`,
    fix: 'Make "#!/bin/bash" (or another interpreter) the first line, without anything before it.',
    checked: ["Dockerfile", "image"],
  },
  ICA008: {
    title: `${startScript} has Unix line ends`,
    reason:
      'With Windows line ends (CRLF) the interpreter is looked for with a carriage return in its name, and is "not found".',
    source: `${page}, "Requirements" (Linux)`,
    fix: 'Save the file with LF, and add "*.sh text eol=lf" to .gitattributes so that git keeps it so.',
    checked: ["Dockerfile", "image"],
  },
  ICA009: {
    title: `The interpreter of ${startScript} is in the image`,
    reason: "A script whose interpreter is missing does not start, and the workspace does not boot.",
    source: `${page}, "Workspace Lifecycle"`,
    fix: "Install it in the image (Alpine has no bash of its own), or name one that is there, such as /bin/sh.",
    checked: ["image"],
  },
  ICA010: {
    title: "An image with console access has an SSH server",
    reason:
      "Console access is SSH on TCP/2222 to a server of the image's own; declaring it without one ends in access denied errors.",
    source: `${page}, "Access" and "Network Access"; ${examples}, bench-console`,
    fix: `Install openssh-server and start sshd on port 2222 from ${startScript}, or declare access.console: false.`,
    checked: ["image"],
  },
  ICA011: {
    title: "An image with web access serves TCP/8888",
    reason: "Web access is HTTP on TCP/8888; declaring it without a server there ends in access denied errors.",
    source: `${page}, "Access" and "Network Access"; ${examples}, bench-web`,
    fix: "Let the server listen on port 8888 (EXPOSE 8888 says so), or declare access.web: false.",
    checked: ["image"],
  },
  ICA012: {
    title: "The Dockerfile has the stage that is to be built",
    reason: "A build of a stage that does not exist fails.",
    source: "https://docs.docker.com/reference/dockerfile/#from",
    fix: "Name a stage of the Dockerfile in build.target, or leave it out for the last one.",
    checked: ["Dockerfile"],
  },
} as const satisfies Record<string, Rule>;

export type RuleCode = keyof typeof rules;

/** What of an image is open to its users, as declared. */
export interface Access {
  readonly web: boolean;
  readonly console: boolean;
}
