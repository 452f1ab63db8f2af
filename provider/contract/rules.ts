import { startScript } from "../../runtime/bench-facts";

/** The vendor's sources: the page with the manual steps, and its example images. */
const page = "https://help.ica.illumina.com/project/p-bench/bring-your-own-bench-image";
const examples = "https://github.com/Illumina/Bench-Example-Images";

/** A rule of the image contract. The checks and docs/image-contract.md are based on this table. */
export interface Rule {
  /** What the image must satisfy. */
  readonly title: string;
  /** What happens otherwise. */
  readonly reason: string;
  /** Where the vendor states it; "practice" when the vendor does not. */
  readonly source: string;
  /** How to fix it, in one sentence. */
  readonly fix: string;
  /** Where it is checked: the Dockerfile (in preview), the image (after the build), a trial run (`verify: "run"`). */
  readonly checked: readonly ("Dockerfile" | "image" | "run")[];
}

export const rules = {
  ICA001: {
    title: "The image is for Linux on x86 (linux/amd64)",
    reason: "Bench machines are Linux X86; an image for another platform does not start.",
    source: `${page}, "Requirements"`,
    fix: "Use a base image for linux/amd64, and leave --platform out of FROM: the provider builds for linux/amd64 on any machine.",
    checked: ["Dockerfile", "image"],
  },
  ICA002: {
    title: "The image's user has UID 1000",
    reason:
      "Bench runs the container as UID 1000 and nothing can change that; an image for another user cannot use its own files.",
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
    reason: `Bench starts ${startScript} itself, and ignores ENTRYPOINT and CMD.`,
    source: `${page}, "Workspace Lifecycle"; ${examples} sets neither`,
    fix: `Start it from ${startScript}; drop ENTRYPOINT and CMD, or name ${startScript} in CMD for docker run.`,
    checked: ["Dockerfile"],
  },
  ICA007: {
    title: `${startScript} starts with a line that names its interpreter`,
    reason:
      'Bench starts it as a program, not with a shell: without "#!" in its first two bytes, the start fails with "exec format error".',
    source: `${page}, "Workspace Lifecycle" (main process); ${examples}, ica_start.sh`,
    fix: 'Make "#!/bin/bash" (or another interpreter) the first line, without anything before it.',
    checked: ["Dockerfile", "image"],
  },
  ICA008: {
    title: `${startScript} has Unix line ends`,
    reason:
      'With Windows line ends (CRLF), Linux searches for an interpreter with a carriage return in its name, and reports "not found".',
    source: `${page}, "Requirements" (Linux)`,
    fix: 'Save the file with LF, and add "*.sh text eol=lf" to .gitattributes so that git keeps it so.',
    checked: ["Dockerfile", "image"],
  },
  ICA009: {
    title: `The interpreter of ${startScript} is in the image`,
    reason: "A script whose interpreter is missing does not start, and the workspace does not boot.",
    source: `${page}, "Workspace Lifecycle"`,
    fix: "Install it in the image (Alpine has no bash of its own), or name one that the image has, such as /bin/sh.",
    checked: ["image"],
  },
  ICA010: {
    title: "An image with console access has an SSH server",
    reason: "Console access is SSH on TCP/2222 to the image's own server; without one, users get access denied errors.",
    source: `${page}, "Access" and "Network Access"; ${examples}, bench-console`,
    fix: `Install openssh-server and start sshd on port 2222 from ${startScript}, or declare access.console: false.`,
    checked: ["image"],
  },
  ICA011: {
    title: "An image with web access serves TCP/8888",
    reason: "Web access is HTTP on TCP/8888; without a server there, users get access denied errors.",
    source: `${page}, "Access" and "Network Access"; ${examples}, bench-web`,
    fix: "Let the server listen on port 8888 of all addresses (EXPOSE 8888 says so), under the path that Bench passes on, /$ICA_NAMESPACE-n-$ICA_WORKSPACE-i$ICA_WORKSPACE/, or declare access.web: false.",
    checked: ["image", "run"],
  },
  ICA012: {
    title: "The Dockerfile has the stage that is to be built",
    reason: "A build of a stage that does not exist fails.",
    source: "https://docs.docker.com/reference/dockerfile/#from",
    fix: "Name a stage of the Dockerfile in build.target, or leave it out for the last one.",
    checked: ["Dockerfile"],
  },
  ICA013: {
    title: "Nothing outside of /data and /tmp is written while it runs",
    reason:
      "Every other folder is read-only in Bench, so the write fails. Bench ignores a VOLUME elsewhere, and /data/.software is read-only too.",
    source: `${page}, "Read-only Root Filesystem" and "Software Files"`,
    fix: "Let it write below /data, which Bench keeps, or below /tmp, which it does not (most programs have an option for the folder, such as nginx's pid and *_temp_path).",
    checked: ["Dockerfile", "image", "run"],
  },
  ICA014: {
    title: "EXPOSE names no other ports than 8888 and 2222",
    reason: "Bench opens TCP/8888 for web access and TCP/2222 for console access; no other port can be reached.",
    source: `${page}, "Network Access"`,
    fix: "Let the server listen on 8888, or put a proxy there in front of it, and drop the EXPOSE of the other port.",
    checked: ["Dockerfile"],
  },
  ICA015: {
    title: "The base image is named with a tag or a digest",
    reason:
      "latest, which is also the default without a tag, changes over time: the same context then gives different content, and the content hash does not detect that.",
    source: "practice",
    fix: "Name a version, such as debian:bookworm-slim, or a digest (image@sha256:…).",
    checked: ["Dockerfile"],
  },
  ICA016: {
    title: "ADD fetches nothing that may change",
    reason:
      "The content at an address may change or disappear, and the content hash does not detect that; the file has mode 0600 and belongs to root.",
    source: "practice; https://docs.docker.com/reference/dockerfile/#add",
    fix: "Add --checksum=sha256:… (for git: a commit after #), or fetch it in a RUN that checks what it got.",
    checked: ["Dockerfile"],
  },
  ICA017: {
    title: "No secret is in ARG or ENV",
    reason:
      "Both stay in the image's configuration and history, where everyone with access to the image in ICA can read them.",
    source: "practice; https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/",
    fix: "For the build, declare it in build.secrets and use RUN --mount=type=secret. A secret for the workspace has to reach it at run time.",
    checked: ["Dockerfile", "image"],
  },
  ICA018: {
    title: "The context is there, with what COPY and ADD take from it",
    reason:
      'The build fails at that step. In a manual build, the context is the last argument of docker build: without the ".", it fails with "requires exactly 1 argument".',
    source: `${page}, "Troubleshooting": "Build Argument"; https://docs.docker.com/build/concepts/context/`,
    fix: "Name the folder in build.context, write paths relative to it, and check that .dockerignore does not exclude the file.",
    checked: ["Dockerfile"],
  },
  ICA019: {
    title: "What the image has below /data belongs to UID 1000",
    reason:
      "Bench puts the workspace's own disk at /data: it hides the image's files there. If they are copied to the disk, the workspace cannot write them.",
    source: `${page}, "Important Folders" ("This folder contains all data specific to your workspace") and "Root User"`,
    fix: "Keep the image's files elsewhere, such as in /opt, and let ica_start.sh copy to /data those that have to be writable; set HOME=/data only after the steps that run as root.",
    checked: ["image"],
  },
  ICA020: {
    title: "The image is not larger than 20 GB",
    reason:
      "Each start transfers the image to a machine, and each release transfers it to ICA, which takes 5 to 30 minutes and documents no limit; 20 GB is this project's own limit.",
    source: `practice; ${page}, "Upload Your Docker Image to ICA" (the time)`,
    fix: "Delete downloads in the same RUN that fetched them, keep compilers in an earlier stage, and let the workspace fetch data to /data.",
    checked: ["image"],
  },
  ICA021: {
    title: "The SSH server listens on TCP/2222, for the key of the workspace",
    reason:
      "Console access uses TCP/2222 and the key pair in /etc/workspace-auth; with a server on another port or with other keys, users get access denied errors.",
    source: `${page}, "Network Access" and "Configuration Files" ("required to be used to run the workspace SSHD"); ${examples}, bench-console/files/sshd_config`,
    fix: "Give sshd a configuration with Port 2222, HostKey from /etc/workspace-auth/hostKey and AuthorizedKeysFile from /etc/workspace-auth/pubKey (or copies of them below /tmp), and PidFile below /tmp.",
    checked: ["image", "run"],
  },
  ICA022: {
    title: `${startScript} stays alive`,
    reason: "It is the main process: each time it ends, Bench stops the workspace and starts it again.",
    source: `${page}, "Workspace Lifecycle": "This script … cannot run to completion as it will stop the workspace and instantiate a restart"`,
    fix: "Keep it in the foreground: let it wait for its servers (wait -n), or end with a trap for TERM and tail -f /dev/null & wait $!.",
    checked: ["run"],
  },
  ICA023: {
    title: `${startScript} ends within 30 seconds of TERM`,
    reason:
      "A stop sends TERM to the main process, and kills everything after 30 seconds: users lose what is not saved by then. The first process of a container gets TERM only if it has a handler for it.",
    source: `${page}, "Workspace Lifecycle" and "Shutdown Script (ica_start.sh)"`,
    fix: "Set a trap for TERM that ends the servers, and wait in the background (tail -f /dev/null & wait $!): bash runs a trap only between commands or in wait.",
    checked: ["run"],
  },
  ICA024: {
    title: "Folders that COPY fills can be entered",
    reason:
      "COPY --chmod is meant for files, but new versions of BuildKit also apply its mode to the folders that COPY creates. With 0644, no user can enter such a folder or reach its files.",
    source: "practice (Docker 29; older versions make such folders with mode 0755)",
    fix: "Create the folder in a RUN before the COPY (mkdir -p), or give COPY a mode with the execute permission.",
    checked: ["image"],
  },
  ICA025: {
    title: "Files come as they are, not as pointers of Git LFS",
    reason:
      "Git LFS replaces a file that it has not fetched with a text of three lines: the image gets this text instead of the script or the data.",
    source: "practice; https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md",
    fix: "Run git lfs pull before the build (with actions/checkout: lfs: true), or exclude the files with .dockerignore.",
    checked: ["Dockerfile", "image"],
  },
  ICA026: {
    title: "What the Dockerfile does not show is right in the image",
    reason:
      "A base image, or a command whose effect only Docker knows, may provide the user, the start script and its permissions. This is not an error: the rules ICA002 to ICA005 are checked in the image.",
    source: "practice",
    fix: "Nothing: pulumi up checks the image after the build and before the upload. To check now, run ica-bench lint --build.",
    checked: ["Dockerfile"],
  },
} as const satisfies Record<string, Rule>;

export type RuleCode = keyof typeof rules;

/** The access that the image declares. */
export interface Access {
  readonly web: boolean;
  readonly console: boolean;
}
