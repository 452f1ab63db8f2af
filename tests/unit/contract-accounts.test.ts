import { type Case, describeCases, dockerfile } from "./contract-case.js";

const from = (image: string, run: string, end: string) =>
  dockerfile({ from: `FROM ${image}`, user: `RUN ${run}`, end });

const good: readonly Omit<Case, "finds">[] = [
  { what: "the user of r-base", dockerfile: from("r-base:4.4.1", "usermod -aG users docker", "USER docker") },
  {
    what: "Ubuntu's user in eclipse-temurin",
    dockerfile: from("eclipse-temurin:21-jdk-noble", "usermod -g users ubuntu", "USER ubuntu"),
  },
  {
    what: "Ubuntu's user in an eclipse-temurin that names no system",
    dockerfile: from("eclipse-temurin:21-jdk", "usermod -g users ubuntu", "USER ubuntu"),
  },
  {
    what: "Ubuntu's user in buildpack-deps",
    dockerfile: from("buildpack-deps:noble", "usermod -aG users ubuntu", "USER ubuntu"),
  },
  {
    what: "adduser of Rocky Linux",
    dockerfile: from("rockylinux:9", "adduser -u 1000 -g 100 -M -d /data -s /bin/bash ica", "USER ica"),
  },
  {
    what: "adduser of Fedora",
    dockerfile: from("fedora:40", 'adduser -u 1000 -g users -c "ICA Bench" ica', "USER ica"),
  },
  { what: "sudo with options", dockerfile: dockerfile({ user: "RUN sudo -E -u root useradd -u 1000 -g 100 ica" }) },
  { what: "su -c", dockerfile: dockerfile({ user: "RUN su - root -c 'useradd -u 1000 -g 100 ica'" }) },
];

const others: readonly Case[] = [
  {
    what: "a name in a variable of the shell",
    dockerfile: dockerfile({ user: 'RUN U=ica; useradd -u 1000 -g 100 "$U"' }),
    finds: ["?ICA002:5", "?ICA003:5"],
  },
  {
    what: "such a name, and no start script",
    dockerfile: dockerfile({ user: 'RUN U=ica; useradd -u 1000 -g 100 "$U"', script: "" }),
    finds: ["?ICA002:5", "?ICA003:5", "!ICA004:5"],
  },
  {
    what: "a name that a loop gives",
    dockerfile: dockerfile({ user: "RUN for u in ica; do adduser --uid 1000 $u; done" }),
    finds: ["?ICA002:5", "?ICA003:5"],
  },
  {
    what: "a user whose name cannot be known, and is changed",
    dockerfile: dockerfile({ user: "RUN usermod -g 100 $(getent passwd 1000 | cut -d: -f1)", end: "USER 1000" }),
    finds: ["?ICA003:5"],
  },
  {
    what: "options that cannot be known",
    dockerfile: dockerfile({ user: "RUN useradd $OPTIONS -u 1000 -g 1000 ica" }),
    finds: ["!ICA003:5"],
  },
  {
    what: "eclipse-temurin of a time before that user",
    dockerfile: from("eclipse-temurin:21-jdk-jammy", "usermod -g users ubuntu", "USER 1000"),
    finds: ["!ICA003:5"],
  },
  {
    what: "buildpack-deps of Debian",
    dockerfile: from("buildpack-deps:bookworm", "usermod -g users ubuntu", "USER 1000"),
    finds: ["!ICA003:5"],
  },
  {
    what: "adduser of Fedora without the group",
    dockerfile: from("fedora:40", "adduser -u 1000 -d /data ica", "USER ica"),
    finds: ["!ICA003:5"],
  },
  {
    what: "adduser of Rocky Linux with another group",
    dockerfile: from("rockylinux:9", "adduser -u 1000 -g 1000 ica", "USER ica"),
    finds: ["!ICA003:5"],
  },
  {
    what: "the default group of openSUSE",
    dockerfile: from("opensuse/leap:15.6", "useradd -m -u 1000 ica", "USER ica"),
    finds: ["?ICA003:5"],
  },
];

describeCases("the contract, in the users that a Dockerfile makes", good, others);
