import assert from "node:assert/strict";
import { type Case, Contexts, dockerfile, marked, script, text } from "./case";

const more = (lines: string) => dockerfile({ more: lines });
/** A context whose start script has these lines. */
const starting = (...lines: string[]) => ({ "ica_start.sh": ["#!/bin/bash", ...lines, "wait", ""].join("\n") });

const good: readonly Omit<Case, "finds">[] = [
  { what: "EXPOSE of Bench's ports", dockerfile: more("EXPOSE 8888 2222/tcp") },
  { what: "EXPOSE of a port in a variable without a value", dockerfile: more("ARG BUILDPORT\nEXPOSE $BUILDPORT") },
  { what: "a base by its digest", dockerfile: dockerfile({ from: `FROM debian@sha256:${"0".repeat(64)}` }) },
  { what: "a base on a registry with a port", dockerfile: dockerfile({ from: "FROM localhost:5000/debian:12" }) },
  {
    what: "an address with a checksum, and git with a commit",
    dockerfile: more(
      `ADD --checksum=sha256:${"0".repeat(64)} https://example.org/a.tar.gz /opt/\nADD https://example.org/a.git#${"0".repeat(40)}:sub /opt/`,
    ),
  },
  { what: "latest in a stage that only helps", dockerfile: `FROM golang AS tools\n${dockerfile()}` },
  {
    what: "names like secrets with values that are none",
    dockerfile: more(
      "ARG TOKEN\nENV API_KEY=$TOKEN TOKENIZERS_PARALLELISM=false GPG_KEY=A035C8C1 PASSWORD_FILE=/run/secrets/p " +
        "TOKEN_TTL=300 SECRET_PATH=/x PUBLIC_KEY=abc JUPYTER_TOKEN= USE_TOKEN=true TOKEN_HOST=https://login.example.org",
    ),
  },
  {
    what: "sources that are there: folders, empty ones, patterns, links, the whole context",
    dockerfile: more(
      "COPY folder /a/\nCOPY ./folder/x /b\nCOPY none* /c/\nCOPY link/y /d\nCOPY . /e\nCOPY ../folder/x /f\nADD folder/ /g\nCOPY empty /h/\nCOPY --from=golang:1 /go/bin/x /i",
    ),
    files: { ...starting(), "folder/x": "", link: { link: "folder" }, "empty/x": "", ".dockerignore": "empty/*\n" },
  },
  {
    what: "a script that writes where it may",
    dockerfile: more("ENV STATE=/data/state HOME=/root"),
    files: starting(
      'mkdir -p "$HOME/x" /tmp/y $STATE/z',
      "cat > /tmp/conf <<EOF",
      "log > /opt/log",
      "touch /opt/x",
      "EOF",
      "app >/dev/stdout 2>&1 </etc/app.conf",
      "[[ a > /b ]] && echo '> /opt/y'",
      "cp /opt/settings /data/",
      "mkdir -p /var/log",
      "T=$(mktemp -d)",
      'touch "$T/x" $UNKNOWN/y',
      "for D in /opt /srv; do echo $D; done",
      'touch "$D/z"',
      "# touch /opt/comment",
      "OUT=/tmp/out",
      "if [ -w /opt ]; then OUT=/opt/out; fi",
      'touch "$OUT"',
      "sed 's/a/b/' /etc/app.conf > /tmp/app.conf",
    ),
  },
  {
    what: "a start script in another language",
    dockerfile: dockerfile(),
    files: { "ica_start.sh": "#!/usr/bin/python3\nprint(1 > /opt)\n" },
  },
  {
    what: "a script whose options name what is not written",
    dockerfile: dockerfile(),
    files: starting(
      "sed -i -e '/^Port/d' -e '/^HostKey/d' /tmp/sshd_config",
      "sed -i.new '/^Port/d' /tmp/sshd_config",
      "sed -n -i.old -f /opt/rules /tmp/sshd_config",
      "cp -t /data /etc/skel/.bashrc",
      "touch -r /etc/hosts /tmp/x",
      "mkdir -m 0700 /tmp/y",
      "install -o ica -d /tmp/z",
    ),
  },
  { what: "VOLUME /data", dockerfile: more('VOLUME ["/data", "/tmp/x"]') },
];

const faulty: readonly Case[] = [
  { what: "EXPOSE of another port", dockerfile: more("EXPOSE 8888 8787"), finds: ["?ICA014:4"] },
  { what: "EXPOSE of UDP", dockerfile: more("EXPOSE 8888/udp"), finds: ["?ICA014:4"] },
  { what: "EXPOSE by a variable", dockerfile: more("ARG PORT=3838\nEXPOSE $PORT"), finds: ["?ICA014:5"] },
  { what: "a base that is the latest", dockerfile: dockerfile({ from: "FROM debian:latest" }), finds: ["?ICA015:1"] },
  { what: "a base without a tag", dockerfile: dockerfile({ from: "FROM debian" }), finds: ["?ICA015:1"] },
  {
    what: "a base without a tag, by an argument of the build",
    dockerfile: dockerfile({ from: "ARG BASE=debian:12\nFROM $BASE" }),
    args: { BASE: "debian" },
    finds: ["?ICA015:2"],
  },
  { what: "ADD of an address", dockerfile: more("ADD https://example.org/a /opt/a"), finds: ["?ICA016:4"] },
  { what: "ADD of a branch", dockerfile: more("ADD git@example.org:a/b.git#main /opt/a"), finds: ["?ICA016:4"] },
  { what: "a password in ENV", dockerfile: more("ENV DB_PASSWORD=hunter2"), finds: ["?ICA017:4"] },
  { what: "a token in the old form of ENV", dockerfile: more("ENV GITHUB_TOKEN gh_abc"), finds: ["?ICA017:4"] },
  { what: "a key as default of ARG", dockerfile: more("ARG ICA_API_KEY=abc"), finds: ["?ICA017:4"] },
  {
    what: "a secret by build.args, told once for all places",
    dockerfile: more("ARG TOKEN\nENV TOKEN=$TOKEN"),
    args: { TOKEN: "hunter2" },
    finds: ["?ICA017:4"],
  },
  {
    what: "a file that is not in the context",
    dockerfile: more("COPY app.R /opt/"),
    files: starting(),
    finds: ["!ICA018:4"],
  },
  {
    what: "one of several files that .dockerignore leaves out",
    dockerfile: more('COPY ["app.R", "b c.R", "/opt/"]'),
    files: { ...starting(), "app.R": "", "b c.R": "", ".dockerignore": "b*\n" },
    finds: ["!ICA018:4"],
  },
  {
    what: "a folder of the machine",
    dockerfile: more("COPY /etc/ssl/certs /opt/certs"),
    files: starting(),
    finds: ["!ICA018:4"],
  },
  { what: "mkdir", dockerfile: dockerfile(), files: starting("mkdir -p /run/sshd"), finds: ["?ICA013:3"] },
  {
    what: "touch, in a function",
    dockerfile: dockerfile(),
    files: starting("go() {", "  touch /opt/x", "}"),
    finds: ["?ICA013:3"],
  },
  {
    what: "a shell by env",
    dockerfile: dockerfile(),
    files: { "ica_start.sh": "#!/usr/bin/env bash\ntouch /opt/x\n" },
    finds: ["?ICA013:3"],
  },
  {
    what: "a shell by env with options",
    dockerfile: dockerfile(),
    files: { "ica_start.sh": "#!/usr/bin/env -S bash -e\ntouch /opt/x\n" },
    finds: ["?ICA013:3"],
  },
  {
    what: "ICA's own software folder",
    dockerfile: dockerfile(),
    files: starting("touch /data/.software/x"),
    finds: ["?ICA013:3"],
  },
  { what: "VOLUME elsewhere", dockerfile: more("VOLUME /opt/app"), finds: ["?ICA013:4"] },
];

describe("the contract, in a Dockerfile: places, ports, sources, secrets", () => {
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
      assert.deepEqual(marked(findings), one.finds, findings.map(({ message }) => message).join("\n"));
    });
  }

  it("is reported at the exact place in the script", async () => {
    const [found] = await contexts.check({
      what: "",
      dockerfile: dockerfile(),
      files: { "ica_start.sh": "#!/bin/sh\nset -e; \\\n  echo a > /opt/a\ntouch /opt/b /opt/c /opt/d\n" },
    });
    assert.deepEqual(found?.at, { file: "ica_start.sh", line: 3, column: 3 });
    assert.match(found?.message ?? "", /writes \/opt\/a, \/opt\/b, \/opt\/c and 1 more, in its line 3$/);
  });

  it("is reported without a secret and without the login in an address", async () => {
    const findings = await contexts.check({
      what: "",
      dockerfile: more("ENV DB_PASSWORD=hunter2 \nADD https://me:hunter2@example.org/a?sig=hunter2 /opt/"),
    });
    assert.equal(findings.length, 2);
    assert.doesNotMatch(JSON.stringify(findings), /hunter2/);
  });

  it("says once that the start script itself is missing", async () => {
    const missing = { what: "", dockerfile: dockerfile({ script: `${script}\nCOPY other /opt/` }), files: { x: text } };
    assert.deepEqual(marked(await contexts.check(missing)), ["!ICA004:3", "!ICA018:4"]);
  });
});
