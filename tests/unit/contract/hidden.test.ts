import assert from "node:assert/strict";
import { Contexts, dockerfile, marked, script, text, user } from "./case";

const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 12345\n`;

describe("what a Dockerfile does not show", () => {
  const contexts = new Contexts();
  after(() => contexts.removeAll());

  const hidden = {
    "a base image that is not known": "FROM rocker/rstudio:4.4.1\n",
    "a base image in a variable without a value": "ARG BASE\nFROM $BASE\nUSER 1000\n",
    "a UID left to chance, which is 1000 in Debian": dockerfile({ user: "RUN useradd -m docker", end: "USER docker" }),
    "the same, and a group for it": dockerfile({
      user: "RUN useradd -m docker && addgroup docker staff",
      end: "USER docker",
    }),
    "accounts that several commands make": dockerfile({ user: "RUN useradd -u 1000 ica && usermod -g users ica" }),
    "accounts of a script": dockerfile({ user: "COPY setup.sh /\nRUN /setup.sh", end: "USER 1000" }),
    "accounts of a program": dockerfile({ user: 'RUN python3 -c \'import os; os.system("user" + "add ica")\'' }),
    "accounts that are copied": dockerfile({ user: "COPY passwd /etc/passwd" }),
    "accounts by a substitution": dockerfile({ user: "RUN echo $(useradd -u 1000 -g 100 ica)" }),
    "a name in a variable of the shell": dockerfile({ user: 'RUN U=ica; useradd -u 1000 -g 100 "$U"' }),
    "a group that useradd takes by default": dockerfile({
      from: "FROM opensuse/leap:15.6",
      user: "RUN useradd -m -u 1000 ica",
    }),
    "a start script that is fetched": dockerfile({ script: "RUN curl -o /usr/local/bin/ica_start.sh https://e.org" }),
    "a start script in an archive": dockerfile({ script: "RUN tar -xzf /a.tgz -C /" }),
    "a start script that is removed": dockerfile({ more: "RUN rm -r /usr/local/bin" }),
    "a program that another one starts": dockerfile({ user: "RUN env sh /opt/setup", end: "USER 1000" }),
    "commands that find starts": dockerfile({ user: "RUN find /opt -name s* -exec {} +", end: "USER 1000" }),
    "a file that may be /etc/passwd": dockerfile({ user: "RUN cp /opt/files/* /etc/", end: "USER 1000" }),
    "a here-document that a command reads": dockerfile({
      user: "RUN cat > /opt/setup <<EOF\nuseradd -u 1000 -g 100 ica\nEOF",
    }),
    "an Ubuntu that this version does not know": dockerfile({
      from: "FROM ubuntu:zesty-20180101",
      user: "",
      end: "USER 1000",
    }),
  };

  for (const [what, source] of Object.entries(hidden)) {
    it(`is one note, and no error: ${what}`, async () => {
      const findings = await contexts.check({ what, dockerfile: source });
      assert.deepEqual(marked(findings), [], findings.map(({ message }) => message).join("\n"));
      const notes = findings.filter(({ severity }) => severity === "note");
      assert.deepEqual(
        notes.map(({ code }) => code),
        ["ICA026"],
      );
      assert.match(notes[0]?.message ?? "", /^the base image.* or a command decides whether .*does not show$/);
      assert.match(notes[0]?.fix ?? "", /lint --build/);
    });
  }

  it("is read in a here-document that is a script", async () => {
    const source = dockerfile({ user: "RUN <<EOF\napt-get update\nuseradd -u 1000 -g users ica\nEOF" });
    assert.deepEqual(await contexts.check({ what: "", dockerfile: source }), []);
    const outside = dockerfile({ user: "RUN <<EOF\napt-get update\nuseradd -u 1000 ica\nEOF" });
    assert.deepEqual(marked(await contexts.check({ what: "", dockerfile: outside })), ["!ICA003:8"]);
  });

  it("is absent when the Dockerfile shows everything", async () => {
    assert.deepEqual(await contexts.check({ what: "", dockerfile: dockerfile() }), []);
  });

  for (const tag of ["artful", "hirsute", "groovy", "cosmic", "jammy-20240111", "22.04", "18.04", "trusty"]) {
    it(`is no user of ubuntu:${tag}`, async () => {
      const made = { from: `FROM ubuntu:${tag}`, end: "USER 1000" };
      assert.deepEqual(marked(await contexts.check({ what: "", dockerfile: dockerfile(made) })), []);
      const [none] = await contexts.check({ what: "", dockerfile: dockerfile({ ...made, user: "" }) });
      assert.equal(none?.message, "nothing makes a user with UID 1000");
    });
  }

  for (const tag of ["24.04", "noble-20240429", "23.04", "latest"]) {
    it(`is the user of ubuntu:${tag}`, async () => {
      const source = dockerfile({ from: `FROM ubuntu:${tag}`, user: "", end: "USER ubuntu" });
      const [found] = (await contexts.check({ what: "", dockerfile: source })).filter(({ code }) => code === "ICA003");
      assert.equal(found?.message, "the user ubuntu (UID 1000) is not put in the group users (GID 100)");
    });
  }
});

describe("a pointer of Git LFS in the context", () => {
  const contexts = new Contexts();
  after(() => contexts.removeAll());

  it("is an error as start script, and not a missing first line", async () => {
    const findings = await contexts.check({ what: "", dockerfile: dockerfile(), files: { "ica_start.sh": pointer } });
    assert.deepEqual(marked(findings), ["!ICA025:3"]);
    assert.equal(findings[0]?.at?.file, "ica_start.sh");
    assert.match(findings[0]?.fix ?? "", /git lfs pull/);
  });

  it("is a warning as data, once for each file", async () => {
    const source = dockerfile({ more: "COPY data /opt/data\nCOPY data/a.bam /opt/\nCOPY other /opt/other" });
    const data = Object.fromEntries(["a.bam", "b", "c", "d"].map((name) => [`data/${name}`, pointer]));
    const files = { "ica_start.sh": text, ...data, "other/x": text, "unused.bam": pointer };
    const findings = await contexts.check({ what: "", dockerfile: source, files });
    assert.deepEqual(marked(findings), ["?ICA025:4"]);
    assert.match(findings[0]?.message ?? "", /data\/a\.bam, data\/b, data\/c and 1 more$/);
  });

  it("is absent when .dockerignore excludes it, and for a text that only begins alike", async () => {
    const files = {
      "ica_start.sh": text,
      "data/x": pointer,
      "data/y": `version https://example.org/${"x".repeat(120)}\n`,
      ".dockerignore": "data/x\n",
    };
    const source = `FROM debian:12\n${user}\n${script}\nCOPY data /opt/\nUSER ica\n`;
    assert.deepEqual(await contexts.check({ what: "", dockerfile: source, files }), []);
  });
});
