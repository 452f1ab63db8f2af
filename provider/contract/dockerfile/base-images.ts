import type { Word } from "./variables";

/**
 * Official images known to start as root and to contain no start script of Bench. On these, everything that the Dockerfile
 * does not add is certainly missing. Nothing is assumed about other base images.
 */
const official = new Set(
  (
    "scratch debian ubuntu alpine busybox fedora rockylinux almalinux centos amazonlinux oraclelinux archlinux opensuse/leap opensuse/tumbleweed " +
    "python node golang rust gcc perl php ruby r-base julia openjdk eclipse-temurin amazoncorretto buildpack-deps nginx httpd"
  ).split(" "),
);

export interface Base {
  /** The name without registry, tag and digest; undefined when unknown. */
  readonly name: string | undefined;
  readonly tag: string;
  /** Whether it is one of the known official images. */
  readonly known: boolean;
}

/** What is known about a build's base image. */
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

/** The architecture in the name of Docker's official images for other machines (`arm64v8/debian`). */
export function foreignArchitecture(image: Word): string | undefined {
  return /^(?:docker\.io\/)?(arm32v[567]|arm64v8|i386|ppc64le|riscv64|s390x|mips64le)\//.exec(image ?? "")?.[1];
}

/** The user with UID 1000 that an official image contains, in a group of its own; undefined when it has none. */
export function bundledUser({ name, tag }: Base): string | "unknown" | undefined {
  if (name === "node") {
    return "node";
  }
  if (name === "r-base") {
    return "docker";
  }
  if (name !== "ubuntu" && name !== "eclipse-temurin" && name !== "buildpack-deps") {
    return undefined;
  }
  const release = releaseOf(tag);
  if (release !== undefined) {
    return release >= firstWithUser ? "ubuntu" : undefined;
  }
  if (name === "ubuntu" && /^(?:latest|rolling|devel)$/.test(tag)) {
    return "ubuntu";
  }
  if (name !== "ubuntu" && /alpine|ubi\d|centos|bullseye|bookworm|trixie|sid/.test(tag)) {
    return undefined;
  }
  return "unknown";
}

/** Ubuntu 23.04, called lunar. */
const firstWithUser = 23.04;
const names = new Map(
  Object.entries({
    ...{ trusty: "14.04", xenial: "16.04", artful: "17.10", bionic: "18.04", cosmic: "18.10", disco: "19.04" },
    ...{ eoan: "19.10", focal: "20.04", groovy: "20.10", hirsute: "21.04", impish: "21.10", jammy: "22.04" },
    ...{ kinetic: "22.10", lunar: "23.04", mantic: "23.10", noble: "24.04", oracular: "24.10", plucky: "25.04" },
    questing: "25.10",
  }),
);

/** The Ubuntu release that a tag names (`21-jdk-noble`, `24.04`, `artful-20180706`). */
function releaseOf(tag: string): number | undefined {
  const [release] = tag
    .split("-")
    .map((part) => names.get(part) ?? /^[12]\d\.(?:04|10)(?=\.|$)/.exec(part)?.[0])
    .filter((each) => each !== undefined);
  return release === undefined ? undefined : Number(release);
}
