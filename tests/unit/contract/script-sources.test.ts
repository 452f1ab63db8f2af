import { type Case, describeCases, dockerfile, script, text } from "./case";

const copy = (flags: string, source: string, target = "/usr/local/bin/ica_start.sh") =>
  dockerfile({ script: `COPY --chmod=0755 ${flags} ${source} ${target}` });

const good: readonly Omit<Case, "finds">[] = [
  {
    what: "a folder that is a link",
    dockerfile: copy("", "current/ica_start.sh"),
    files: { "v1/ica_start.sh": text, current: { link: "v1" } },
  },
  {
    what: "a pattern that a link matches, too",
    dockerfile: copy("", "files/*.sh", "/usr/local/bin/"),
    files: { "files/ica_start.sh": text, "files/z.sh": { link: "ica_start.sh" } },
  },
  {
    what: "a path that goes up again",
    dockerfile: copy("", "./files/../ica_start.sh", "/usr/local/bin/"),
    files: { "ica_start.sh": text, "files/x": "" },
  },
  {
    what: "a path that climbs out of the context",
    dockerfile: copy("", "../ica_start.sh", "/usr/local/bin/"),
    files: { "ica_start.sh": text },
  },
  {
    what: "--parents of the script",
    dockerfile: copy("--parents", "usr/local/bin/ica_start.sh", "/"),
    files: { "usr/local/bin/ica_start.sh": text },
  },
  {
    what: "--parents of a folder",
    dockerfile: copy("--parents", "usr", "/"),
    files: { "usr/local/bin/ica_start.sh": text },
  },
  {
    what: "--parents from a place in the path on",
    dockerfile: copy("--parents", "image/./local/bin/*.sh", "/usr/"),
    files: { "image/local/bin/ica_start.sh": text },
  },
  {
    what: "--parents of another stage",
    dockerfile: copy("--parents --from=golang:1", "/usr/local/./bin/ica_start.sh", "/usr/local/"),
  },
  {
    what: "--exclude of other files",
    dockerfile: copy("--exclude=*.md", ".", "/usr/local/bin/"),
    files: { "ica_start.sh": text },
  },
];

const others: readonly Case[] = [
  {
    what: "--parents that puts it elsewhere",
    dockerfile: copy("--parents", "bin/ica_start.sh", "/usr/local/bin/"),
    files: { "bin/ica_start.sh": text },
    finds: ["!ICA004:3"],
  },
  {
    what: "--exclude of the script",
    dockerfile: copy("--exclude=*.sh", ".", "/usr/local/bin/"),
    files: { "ica_start.sh": text },
    finds: ["!ICA004:5"],
  },
  {
    what: "a path that goes up to what is not there",
    dockerfile: copy("", "files/../../start.sh"),
    files: { "ica_start.sh": text },
    finds: ["!ICA004:3"],
  },
  {
    what: "a folder that .dockerignore leaves out with all but the script",
    dockerfile: dockerfile({ script, more: "COPY config/ /etc/bench/" }),
    files: { "ica_start.sh": text, "config/a": "", ".dockerignore": "*\n!ica_start.sh\n" },
    finds: ["!ICA018:4"],
  },
  {
    what: "a folder within one that .dockerignore leaves out",
    dockerfile: dockerfile({ script, more: "COPY config/deep /etc/bench/" }),
    files: { "ica_start.sh": text, "config/deep/a": "", ".dockerignore": "config\n" },
    finds: ["!ICA018:4"],
  },
];

describeCases("the contract, in what COPY takes for the start script", good, others);
