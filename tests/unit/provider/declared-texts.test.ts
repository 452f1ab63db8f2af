import assert from "node:assert/strict";
import fc from "fast-check";
import { checkDeclared } from "../../../provider/bench-image/inputs";
import type { CheckFailure } from "../../../provider/handler";
import { checkWorkspace } from "../../../provider/workspace/inputs";
import { configFor } from "../../support/context";

const config = configFor("http://127.0.0.1:1");
const image = { name: "rstudio", build: { context: "./image" }, access: { web: true } };
const workspace = {
  name: "genomics",
  image: "image-1",
  resourceModel: "standard-small",
  storageGb: 10,
  access: { web: true },
  network: "restricted",
};

type Put = (text: string) => readonly CheckFailure[];
const inImage =
  (args: (text: string) => object): Put =>
  (text) =>
    checkDeclared(config, { ...image, ...args(text) }).failures;
const inBuild = (build: (text: string) => object): Put =>
  inImage((text) => ({ build: { ...image.build, ...build(text) } }));
const inWorkspace =
  (args: (text: string) => object): Put =>
  (text) =>
    checkWorkspace(config, { ...workspace, ...args(text) }).failures;

/** Every text of one line that a program declares. */
const oneLine: Record<string, Put> = {
  "an image's name": inImage((name) => ({ name })),
  "an image's version": inImage((version) => ({ version })),
  "an image's description": inImage((description) => ({ description })),
  "an image's image": inImage((text) => ({ build: undefined, image: text })),
  "an image's projectId": inImage((projectId) => ({ projectId })),
  "an image's folder": inImage((text) => ({ folder: `/${text}/` })),
  "an image's region": inImage((region) => ({ regions: [region] })),
  "an image's existingId": inImage((existingId) => ({ build: undefined, version: "1", existingId })),
  "a build's context": inBuild((context) => ({ context })),
  "a build's dockerfile": inBuild((dockerfile) => ({ dockerfile })),
  "a build's target": inBuild((target) => ({ target })),
  "a build argument's name": inBuild((text) => ({ args: { [text]: "1" } })),
  "a label's name": inBuild((text) => ({ labels: { [text]: "1" } })),
  "a secret's id": inBuild((text) => ({ secrets: { [text]: { env: "TOKEN" } } })),
  "a secret's variable": inBuild((env) => ({ secrets: { token: { env } } })),
  "a secret's file": inBuild((file) => ({ secrets: { token: { file } } })),
  "an SSH agent's variable": inBuild((env) => ({ ssh: { default: { env } } })),
  "a cache's source": inBuild((text) => ({ cacheFrom: [text] })),
  "a cache's target": inBuild((text) => ({ cacheTo: [`type=local,dest=${text}`] })),
  "a workspace's name": inWorkspace((name) => ({ name })),
  "a workspace's image": inWorkspace((text) => ({ image: text })),
  "a workspace's resourceModel": inWorkspace((resourceModel) => ({ resourceModel })),
  "a workspace's projectId": inWorkspace((projectId) => ({ projectId })),
  "a workspace's existingId": inWorkspace((existingId) => ({ existingId })),
  "a workspace's allowed URL": inWorkspace((text) => ({ allowedUrls: [`http://example.org/${text}`] })),
  "a manager's image": inWorkspace((managerImage) => ({ cluster: { members: 1, managerImage } })),
};

/** What preview has to say of each of them. */
const unseen = [
  "\n",
  "\r",
  "\t",
  "\0",
  "\u001B",
  "\u007F",
  "\u0085",
  "\u009B",
  "\u00AD",
  "\u200B",
  "\u200E",
  "\u202E",
].concat(["\u2028", "\u2029", "\u2066", "\u3164", "\uFEFF", "\uD800", "\u{E0041}", "a\u200Db"]);

describe("a text that a program declares", () => {
  for (const [what, put] of Object.entries(oneLine)) {
    it(`is refused as ${what} when it holds what a person cannot see`, () => {
      for (const character of unseen) assert.equal(put(`ab${character}c`).length > 0, true, JSON.stringify(character));
      assert.deepEqual(put("abc"), []);
    });
  }

  for (const what of ["an image's name", "an image's version", "a workspace's name", "a workspace's resourceModel"]) {
    const put = oneLine[what];
    assert.ok(put !== undefined);

    it(`is refused as ${what} when it is blank, or longer than 255 characters`, () => {
      for (const text of ["", " ", "\u00A0", "\u2003\u2003", "\u2800", " a", "a ", "a".repeat(256)])
        assert.equal(put(text).length > 0, true, JSON.stringify(text));
    });

    it(`is taken as ${what} in any script, with emoji of several parts`, () => {
      for (const text of [
        "genomics (dev)",
        "Ada's workspace",
        "team:one",
        "日本語",
        "é",
        "😀",
        "👩🏽‍🔬",
        "👨‍👩‍👧",
        "❤️",
        "🇨🇭",
        "1️⃣",
        "a".repeat(255),
      ])
        assert.deepEqual(put(text), [], JSON.stringify(text));
    });
  }

  it("is refused when it would leave its place in a path", () => {
    for (const what of [
      "an image's projectId",
      "an image's existingId",
      "a workspace's existingId",
      "a workspace's image",
    ])
      for (const id of [".", "..", "a/b", "a?b", "a b", ""])
        assert.equal(oneLine[what]?.(id).length, 1, `${what}: ${id}`);
    for (const folder of [".", "..", "a/../b", " a", "a".repeat(256), "a/".repeat(400).slice(0, -1)])
      assert.equal(oneLine["an image's folder"]?.(folder).length, 1, folder);
  });

  it("may have several lines only as a value that is passed on, and never holds a NUL", () => {
    const values: Put[] = [
      inBuild((text) => ({ args: { A: text } })),
      inBuild((text) => ({ labels: { a: text } })),
      inBuild((text) => ({ triggers: [text] })),
    ];
    for (const put of values) {
      assert.deepEqual(put("a\nb"), []);
      assert.equal(put("a\0b").length, 1);
      assert.equal(put("a".repeat(200_000)).length, 1);
    }
  });

  it("reaches a message only as a person can see it", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(oneLine)),
        fc.string({ unit: "binary", maxLength: 40 }),
        (what, text) => {
          for (const { property, reason } of oneLine[what]?.(text) ?? [])
            assert.doesNotMatch(`${property} ${reason}`, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
