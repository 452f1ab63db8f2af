import type { Word } from "./shell";

/**
 * Official images of which it is known that they start as root and hold no start script of Bench: with one of them, what a
 * Dockerfile does not do is sure to be missing. Of any other base image nothing is assumed.
 */
const official = new Set(
  (
    "scratch debian ubuntu alpine busybox fedora rockylinux almalinux centos amazonlinux oraclelinux archlinux opensuse/leap opensuse/tumbleweed " +
    "python node golang rust gcc perl php ruby r-base julia openjdk eclipse-temurin amazoncorretto buildpack-deps nginx httpd"
  ).split(" "),
);

export interface Base {
  /** The name without registry, tag and digest; undefined when it is not known. */
  readonly name: string | undefined;
  readonly tag: string;
  /** Whether it is one of the official images that are known. */
  readonly known: boolean;
}

/** What is known of the image a build is based on. */
export function baseOf(image: Word): Base {
  const [reference = "", digest] = (image ?? "").split("@");
  const [, path = "", tag] = /^(.*?)(?::([\w][\w.-]*))?$/.exec(reference) ?? [];
  const name = path
    .replace(/^(?:(?:index\.)?docker\.io|registry-1\.docker\.io|public\.ecr\.aws\/docker|mirror\.gcr\.io)\//, "")
    .replace(/^library\//, "");
  return {
    name: name === "" ? undefined : name,
    tag: tag ?? (digest === undefined ? "latest" : ""),
    known: official.has(name),
  };
}

/** The architecture that the names of Docker's official images for other machines tell (`arm64v8/debian`). */
export function foreignArchitecture(image: Word): string | undefined {
  return /^(?:docker\.io\/)?(arm32v[567]|arm64v8|i386|ppc64le|riscv64|s390x|mips64le)\//.exec(image ?? "")?.[1];
}

/** Users with UID 1000 that official images bring along, each in a group of its own. */
export function bundledUsers({ name, tag }: Base): string[] {
  if (name === "node") return ["node"];
  if (name === "r-base") return ["docker"];
  return name !== undefined && hasUbuntu(name, tag) ? ["ubuntu"] : [];
}

/** Ubuntu has its user since 23.04, and the images that are made of it. */
function hasUbuntu(name: string, tag: string): boolean {
  if (tag === "") return false;
  if (name === "ubuntu") return !/^(?:1\d|2[0-2])\.|^(?:trusty|xenial|bionic|focal|jammy|kinetic)/.test(tag);
  // Without a name of a system it is the newest Ubuntu.
  if (name === "eclipse-temurin") return !/alpine|ubi\d|centos|focal|jammy|nanoserver|windows/.test(tag);
  return name === "buildpack-deps" && /noble|oracular|plucky|questing|2[4-9]\.\d\d/.test(tag);
}

/** Whether adduser is another name of useradd, as in Fedora and what comes of it. */
export function hasFedorasAdduser({ name, tag }: Base): boolean {
  return (
    /^(?:fedora|rockylinux|almalinux|centos|amazonlinux|oraclelinux|amazoncorretto)$/.test(name ?? "") &&
    !isBusyBox({ name, tag })
  );
}

/** Whether adduser is the short one of BusyBox. */
export function isBusyBox({ name, tag }: Pick<Base, "name" | "tag">): boolean {
  return name === "alpine" || name === "busybox" || /alpine/.test(tag);
}
