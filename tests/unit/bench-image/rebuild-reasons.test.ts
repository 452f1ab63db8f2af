import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { reasonsLine, rebuildReasons as reasonsOf } from "../../../provider/bench-image/rebuild-reasons";
import { type BuildFiles, digestOf } from "../../../provider/build-context/changes/digest";

const rebuildReasons = (...args: Parameters<typeof reasonsOf>) => reasonsLine(reasonsOf(...args));
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const files = (contents: Readonly<Record<string, string>>, dockerfile = contents.Dockerfile ?? ""): BuildFiles => ({
  dockerfile: { sha256: sha256(dockerfile), text: dockerfile },
  entries: Object.entries(contents).map(([path, text]) => ({
    kind: "file",
    path,
    executable: false,
    sha256: sha256(text),
  })),
});
const small = { Dockerfile: "FROM debian:12\n", "files/ica_start.sh": "1", "renv.lock": "1" };
const stateThen = (more: object = {}, contents: Readonly<Record<string, string>> = small) => ({
  contextHash: "a".repeat(64),
  build: { context: "./image" },
  __contextDigest: digestOf(files(contents), 1600),
  ...more,
});
const declaredNow = (more: object = {}) => ({ contextHash: "b".repeat(64), build: { context: "./image" }, ...more });

describe("the reasons for a new image", () => {
  it("are the files that changed, were removed or added", () => {
    const { "renv.lock": _, ...rest } = small;
    const next = { ...rest, "files/ica_start.sh": "2", "new.R": "1", "data/a": "1", "data/b": "1" };
    assert.equal(
      rebuildReasons(stateThen(), declaredNow(), files(next)),
      "files/ica_start.sh changed; renv.lock removed; new.R added; data/ added (2 files)",
    );
  });

  it("are the args, secrets, target and triggers that changed, by name and never by value", () => {
    const old = {
      context: "./image",
      args: { R: "4.1-secret", OLD: "x" },
      secrets: { npm: { env: "A" } },
      ssh: { default: { env: "A" } },
      labels: { team: "one" },
      target: "one",
    };
    const next = {
      context: "./image",
      args: { R: "4.2-secret", NEW: "y" },
      secrets: { npm: { env: "B" }, apt: { env: "C" } },
      ssh: { default: { file: "b" } },
      labels: { team: "two" },
      triggers: ["of-march"],
    };
    assert.equal(
      rebuildReasons(stateThen({ build: old }), declaredNow({ build: next }), files(small)),
      "build.args.R changed; build.args.OLD removed; build.args.NEW added; build.target changed; build.secrets.apt added; build.labels.team changed; build.triggers changed",
    );
  });

  it("say what FROM was and is, and name the Dockerfile once", () => {
    const reasons = (dockerfile: string) =>
      rebuildReasons(stateThen(), declaredNow(), files({ ...small, Dockerfile: dockerfile }));
    assert.equal(reasons("FROM debian:13\n"), "Dockerfile: FROM debian:12 is now FROM debian:13");
    assert.equal(reasons("FROM node:22 AS web\nFROM debian:12\n"), "Dockerfile: FROM node:22 AS web added");
    assert.equal(reasons("FROM debian:12\nRUN true\n"), "the Dockerfile changed");
  });

  it("name a Dockerfile that is outside of the context, or excluded from it", () => {
    const old = stateThen({ __contextDigest: digestOf(files({ a: "1" }, "FROM x\n"), 1600) });
    assert.equal(rebuildReasons(old, declaredNow(), files({ a: "1" }, "FROM x\nRUN true\n")), "the Dockerfile changed");
  });

  it("are folders when the state has no room for every file", () => {
    const many = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`lib/f${index}`, "1"]));
    const old = { ...many, Dockerfile: "FROM a\n" };
    const next = files({ ...old, "lib/f7": "2" });
    assert.equal(rebuildReasons(stateThen({}, old), declaredNow(), next), "files in lib/ changed");
    const flat = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`f${index}`, "1"]));
    assert.equal(
      rebuildReasons(stateThen({}, flat), declaredNow(), files({ ...flat, f7: "2" })),
      "files of the context changed",
    );
    const both = { ...flat, "d/x": "1" };
    assert.equal(
      rebuildReasons(stateThen({}, both), declaredNow(), files({ ...both, f7: "2" })),
      "files at the top of the context changed",
    );
  });

  it("are cut when they are too many to read", () => {
    const many = Object.fromEntries(Array.from({ length: 15 }, (_, index) => [`f${index}`, "1"]));
    const reasons = rebuildReasons(stateThen(), declaredNow(), files({ ...small, ...many })).split("; ");
    assert.equal(reasons.length, 13);
    assert.equal(reasons.at(-1), "and 3 more");
  });

  it("never break the line, for any file name", () => {
    const reasons = rebuildReasons(
      stateThen(),
      declaredNow(),
      files({ ...small, "a\nb": "1", ["c".repeat(300)]: "1" }),
    );
    assert.match(reasons, /^"a\\nb" added; c{60}…c{60} added$/);
  });

  it("say that the state has no record when an older version left none, and give what is known all the same", () => {
    const old = stateThen({ __contextDigest: undefined, build: { context: "./image", args: { A: "1" } } });
    assert.equal(
      rebuildReasons(old, declaredNow(), files(small)),
      "build.args.A removed; whether files changed, and which, is unknown: the state has no record of them",
    );
    assert.match(rebuildReasons(stateThen(), declaredNow(), undefined), /which, is unknown/);
  });

  it("are never empty", () => {
    assert.equal(
      rebuildReasons(stateThen(), declaredNow(), files(small)),
      "its content changed, in a part of which the state has no record",
    );
  });

  it("are the configurations of a local image, or that the source is another one", () => {
    const local = { build: undefined, image: "rstudio:1" };
    assert.equal(
      rebuildReasons(stateThen(local), declaredNow(local), undefined),
      "the local image has the content bbbbbbbbbbbb, and had aaaaaaaaaaaa",
    );
    assert.equal(rebuildReasons(stateThen(), declaredNow(local), undefined), "image replaces build");
    assert.equal(rebuildReasons(stateThen(local), declaredNow(), files(small)), "build replaces image");
  });
});
