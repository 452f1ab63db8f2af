import { type Case, describeCases, dockerfile } from "./case";

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

const others: readonly Case[] = [];

describeCases("the contract, in the users that a Dockerfile makes", good, others);
