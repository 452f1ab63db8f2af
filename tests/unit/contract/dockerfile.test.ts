import assert from "node:assert/strict";
import { type Case, Contexts, dockerfile, marked, script, text, user } from "./case";

const notExecutable = { "ica_start.sh": text };
const executable = { "ica_start.sh": { text, executable: true } };

const good: readonly Omit<Case, "finds">[] = [
  { what: "the least", dockerfile: dockerfile() },
  {
    what: "the vendor's own lines on Alpine",
    dockerfile: `FROM alpine:3.20
ARG FILES_BASE=files
ENV HOME=/data
COPY --chmod=0755 --chown=root:root \${FILES_BASE}/ica_start.sh /usr/local/bin/ica_start.sh
RUN apk add --no-cache bash openssh \\
  # Bench workspaces need to run as user with uid 1000
  && adduser -H -D -s /bin/bash -h \${HOME} -u 1000 -G users ica
USER ica`,
    files: { "files/ica_start.sh": text },
  },
  { what: "USER by number, with the group", dockerfile: dockerfile({ end: "USER 1000:100" }) },
  {
    what: "a group added later",
    dockerfile: dockerfile({ user: "RUN useradd -m -u 1000 ica\nRUN usermod -aG sudo,users ica" }),
  },
  {
    what: "a group by a number of its own",
    dockerfile: dockerfile({ user: "RUN groupadd -og 100 bench && useradd -mu1000 -g bench ica" }),
  },
  { what: "gpasswd", dockerfile: dockerfile({ user: "RUN useradd -u 1000 ica; gpasswd -a ica users" }) },
  {
    what: "BusyBox' addgroup",
    dockerfile: dockerfile({ from: "FROM alpine:3.20", user: "RUN adduser -D -u 1000 ica\nRUN addgroup ica users" }),
  },
  {
    what: "Debian's adduser",
    dockerfile: dockerfile({ user: 'RUN adduser --uid 1000 --ingroup users --disabled-password --gecos "" ica' }),
  },
  {
    what: "a renamed user of the base",
    dockerfile: dockerfile({ from: "FROM ubuntu:24.04", user: "RUN usermod -l ica -d /data -g users ubuntu" }),
  },
  {
    what: "variables from ARG, ENV and the build",
    dockerfile: dockerfile({
      user: `ARG NB_UID\nARG NB_USER=ica\nENV GROUP=users\nRUN useradd -u "\${NB_UID}" -g \${GROUP} $NB_USER`,
      end: "USER $NB_USER",
    }),
    args: { NB_UID: "1000" },
  },
  {
    what: "JSON forms and sh -c",
    dockerfile: dockerfile({
      user: 'RUN ["/bin/bash", "-c", "useradd -u 1000 -g 100 ica"]',
      script: 'COPY --chmod=0755 ["ica_start.sh", "/usr/local/bin/"]',
    }),
  },
  {
    what: "here-documents",
    dockerfile: dockerfile({
      user: "RUN <<EOF\napt-get update\nuseradd -u 1000 -g users ica\nEOF",
      script: `COPY --chmod=0755 <<"EOF" /usr/local/bin/ica_start.sh\n${text}EOF`,
    }),
  },
  {
    what: "chmod after the COPY",
    dockerfile: dockerfile({ script: "COPY ica_start.sh /usr/local/bin/\nRUN chmod a+x /usr/local/bin/*.sh" }),
    files: notExecutable,
  },
  {
    what: "chmod in the folder",
    dockerfile: dockerfile({ script: "WORKDIR /usr/local/bin\nCOPY ica_start.sh .\nRUN chmod 755 ica_start.sh" }),
    files: notExecutable,
  },
  {
    what: "an executable file of the context",
    dockerfile: dockerfile({ script: "COPY . /usr/local/bin/" }),
    files: executable,
  },
  {
    what: "a tree copied over the root",
    dockerfile: dockerfile({ script: "COPY rootfs /" }),
    files: { "rootfs/usr/local/bin/ica_start.sh": { text, executable: true } },
  },
  {
    what: "a script of another name",
    dockerfile: dockerfile({ script: "COPY --chmod=755 start.sh /usr/local/bin/ica_start.sh" }),
    files: { "start.sh": text },
  },
  {
    what: "a pattern",
    dockerfile: dockerfile({ script: "COPY files/*.sh /usr/local/bin/" }),
    files: { "files/ica_start.sh": { text, executable: true } },
  },
  {
    what: "a script of another stage",
    dockerfile: dockerfile({
      from: "FROM golang AS made\nRUN go build -o /out/ica_start.sh\nFROM debian:12",
      script: "COPY --from=made /out/ica_start.sh /usr/local/bin/ica_start.sh",
    }),
  },
  {
    what: "a stage on top of another",
    dockerfile: `FROM debian:12 AS base\n${user}\n${script}\nUSER ica\nFROM base\nRUN echo hello\n`,
  },
  {
    what: "an earlier target",
    dockerfile: `${dockerfile({ from: "FROM debian:12 AS Bench" })}\nFROM scratch AS other\n`,
    target: "bench",
  },
  {
    what: "other platforms in stages that only help",
    dockerfile: `FROM --platform=$BUILDPLATFORM golang AS tools\n${dockerfile({ from: "FROM --platform=linux/amd64 debian:12" })}`,
  },
  ...["amd64", "x86_64", "linux/amd64/v1", "linux/amd64/v2", "linux/x86-64"].map((platform) => ({
    what: `the platform ${platform}`,
    dockerfile: dockerfile({ from: `FROM --platform=${platform} debian:12` }),
  })),
  {
    what: "ENTRYPOINT and CMD that a later stage takes back",
    dockerfile: `FROM debian:12 AS base\nENTRYPOINT ["tini"]\nCMD ["bash"]\n${dockerfile({ from: "FROM base", end: "USER ica\nENTRYPOINT []\nCMD []" })}`,
  },
  {
    what: "CMD for docker run",
    dockerfile: dockerfile({ more: 'ENTRYPOINT ["tini", "--"]\nCMD ["/usr/local/bin/ica_start.sh"]' }),
  },
  {
    what: "an ENV that an ARG of its name cannot change",
    dockerfile: dockerfile({ more: "ENV U=ica\nARG U=root", end: "USER $U" }),
    args: { U: "root" },
  },
  { what: "root in between", dockerfile: dockerfile({ more: "USER root\nRUN apt-get update" }) },
  {
    what: "a script that is written in place",
    dockerfile: dockerfile({
      script:
        "RUN printf '#!/bin/sh\\nsleep 1d\\n' > /usr/local/bin/ica_start.sh && chmod +x /usr/local/bin/ica_start.sh",
    }),
  },
  {
    what: "install",
    dockerfile: dockerfile({
      script: "COPY ica_start.sh /tmp/\nRUN install -m 0755 /tmp/ica_start.sh /usr/local/bin/ica_start.sh",
    }),
  },
  {
    what: "a private script of the user",
    dockerfile: dockerfile({ script: "COPY --chmod=0500 --chown=ica:users ica_start.sh /usr/local/bin/" }),
  },
];

const faulty: readonly Case[] = [
  { what: "no USER", dockerfile: dockerfile({ end: "" }), finds: ["!ICA002:3"] },
  { what: "USER root at the end", dockerfile: dockerfile({ end: "USER ica\nUSER root" }), finds: ["!ICA002:6"] },
  { what: "USER of another number", dockerfile: dockerfile({ end: "USER 1001" }), finds: ["!ICA002:5"] },
  { what: "no user made", dockerfile: dockerfile({ user: "", end: "USER 1000" }), finds: ["!ICA003:5"] },
  { what: "USER of a user that nothing makes", dockerfile: dockerfile({ user: "" }), finds: ["!ICA003:5"] },
  {
    what: "a user in a group of its own",
    dockerfile: dockerfile({ user: "RUN useradd -m -u 1000 ica" }),
    finds: ["!ICA003:5"],
  },
  {
    what: "Ubuntu's own user",
    dockerfile: dockerfile({ from: "FROM ubuntu:24.04", user: "", end: "USER ubuntu" }),
    finds: ["!ICA003:5"],
  },
  {
    what: "a user made only in a stage that is not built",
    dockerfile: `FROM debian AS other\n${user}\n${dockerfile({ user: "" })}`,
    finds: ["!ICA003:7"],
  },
  { what: "no start script", dockerfile: dockerfile({ script: "" }), finds: ["!ICA004:5"] },
  {
    what: "a start script at a wrong place",
    dockerfile: dockerfile({ script: "COPY --chmod=0755 ica_start.sh /opt/" }),
    finds: ["!ICA004:3"],
  },
  {
    what: "a start script in a folder with its name",
    dockerfile: dockerfile({ script: "COPY --chmod=0755 files/ /usr/local/bin/ica_start.sh/" }),
    finds: ["!ICA004:3"],
    files: { "files/ica_start.sh": text },
  },
  {
    what: "a start script by another name",
    dockerfile: dockerfile({ script: "COPY --chmod=0755 ica-start.sh /usr/local/bin/" }),
    finds: ["!ICA004:5"],
    files: { "ica-start.sh": text },
  },
  {
    what: "a start script that is not in the context",
    dockerfile: dockerfile(),
    finds: ["!ICA004:3"],
    files: { other: "" },
  },
  {
    what: "a start script that .dockerignore leaves out",
    dockerfile: dockerfile(),
    finds: ["!ICA004:3"],
    files: { ...notExecutable, ".dockerignore": "*.sh\n" },
  },
  {
    what: "--chmod without x",
    dockerfile: dockerfile({ script: "COPY --chmod=0644 ica_start.sh /usr/local/bin/" }),
    finds: ["!ICA005:3"],
  },
  {
    what: "--chmod for root only",
    dockerfile: dockerfile({ script: "COPY --chmod=0700 ica_start.sh /usr/local/bin/" }),
    finds: ["!ICA005:3"],
  },
  {
    what: "--chmod without r",
    dockerfile: dockerfile({ script: "COPY --chmod=0711 ica_start.sh /usr/local/bin/" }),
    finds: ["!ICA005:3"],
  },
  {
    what: "a file of the context without x",
    dockerfile: dockerfile({ script: "COPY ica_start.sh /usr/local/bin/" }),
    finds: ["!ICA005:3"],
    files: notExecutable,
  },
  {
    what: "a here-document without --chmod",
    dockerfile: dockerfile({ script: `COPY <<EOF /usr/local/bin/ica_start.sh\n${text}EOF` }),
    finds: ["!ICA005:3"],
  },
  {
    what: "no first line",
    dockerfile: dockerfile(),
    finds: ["!ICA007:3"],
    files: { "ica_start.sh": "tail -f /dev/null\n" },
  },
  {
    what: "a byte order mark",
    dockerfile: dockerfile(),
    finds: ["!ICA007:3"],
    files: { "ica_start.sh": `\uFEFF${text}` },
  },
  {
    what: "Windows line ends",
    dockerfile: dockerfile(),
    finds: ["!ICA008:3"],
    files: { "ica_start.sh": text.replaceAll("\n", "\r\n") },
  },
  {
    what: "another platform",
    dockerfile: dockerfile({ from: "FROM --platform=linux/arm64 debian:12" }),
    finds: ["!ICA001:1"],
  },
  ...["arm64", "linux/amd64x", "windows/amd64", "linux/386"].map((platform) => ({
    what: `the platform ${platform}`,
    dockerfile: dockerfile({ from: `FROM --platform=${platform} debian:12` }),
    finds: ["!ICA001:1"],
  })),
  {
    what: "another platform by a variable",
    dockerfile: dockerfile({ from: "ARG P=linux/arm/v7\nFROM --platform=$P debian:12" }),
    finds: ["!ICA001:2"],
  },
  {
    what: "an image for another machine",
    dockerfile: dockerfile({ from: "FROM arm64v8/debian:12 AS base\nFROM base" }),
    finds: ["!ICA001:1"],
  },
  { what: "a server in CMD", dockerfile: dockerfile({ more: 'CMD ["jupyter", "lab"]' }), finds: ["?ICA006:4"] },
  {
    what: "a server in CMD, and an ENTRYPOINT that is taken back",
    dockerfile: dockerfile({ more: 'ENTRYPOINT ["tini"]\nCMD ["jupyter"]\nENTRYPOINT []' }),
    finds: ["?ICA006:5"],
  },
  { what: "a server in ENTRYPOINT", dockerfile: dockerfile({ more: "ENTRYPOINT /init" }), finds: ["?ICA006:4"] },
  { what: "a target that is not there", dockerfile: dockerfile(), target: "bench", finds: ["!ICA012"] },
  { what: "no FROM", dockerfile: "# nothing yet\n", finds: ["!ICA012"] },
];

describe("the contract, in a Dockerfile", () => {
  const contexts = new Contexts();
  after(() => contexts.removeAll());

  for (const one of good) {
    it(`is kept with ${one.what}`, async () => {
      assert.deepEqual(marked(await contexts.check(one)), []);
    });
  }

  for (const one of faulty) {
    it(`is broken by ${one.what}: ${one.finds.join(", ")}`, async () => {
      const findings = await contexts.check(one);
      assert.deepEqual(marked(findings), [...one.finds].sort(), findings.map(({ message }) => message).join("\n"));
      for (const { fix, message } of findings) {
        assert.match(fix, /\S\.$/);
        assert.doesNotMatch(message, /\.$/);
      }
    });
  }
});
