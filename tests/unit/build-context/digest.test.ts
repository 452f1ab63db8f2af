import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { digestFor, stateLimit, stateOf } from "../../../provider/bench-image/state";
import { changesSince } from "../../../provider/build-context/changes/changes";
import {
  type BuildFiles,
  bytesOf,
  changesOfFiles,
  digestOf,
  fromLines,
} from "../../../provider/build-context/changes/digest";
import { type Outline, OutlineError, readOutline, writeOutline } from "../../../provider/build-context/changes/outline";
import { treeOf } from "../../../provider/build-context/changes/tree";
import type { HashedEntry } from "../../../provider/build-context/manifest";
import { dockerImage, imageInputs } from "../../support/factories";

/** Files by path; the text stands for content, kind and execute bit. */
type Files = Readonly<Record<string, string>>;

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const entry = ([path, text]: readonly [string, string]): HashedEntry => ({
  kind: text.startsWith("link") ? "link" : "file",
  path,
  executable: text.startsWith("x"),
  // The same content as a file that may be executed, or as a link's target, is another entry all the same.
  sha256: sha256(text.replace(/^(?:x|link)/, "")),
});
const entriesOf = (files: Files) => Object.entries(files).map(entry);
const tree = (files: Files) => treeOf(entriesOf(files));
const build = (files: Files, dockerfile = "FROM debian\n"): BuildFiles => ({
  dockerfile: { sha256: sha256(dockerfile), text: dockerfile },
  entries: entriesOf(files),
});
const plenty = 1e6;

/** Changes between two contexts, as the outline of the first tells them. */
const told = (before: Files, now: Files, limit: number) => {
  const outline = writeOutline(tree(before), limit);
  return outline === undefined ? undefined : changesSince(readOutline(outline), tree(now));
};

/** What really differs. */
const truth = (before: Files, now: Files) =>
  new Map(
    [...new Set([...Object.keys(before), ...Object.keys(now)])].flatMap((path) => {
      if (before[path] === now[path]) return [];
      return [[path, before[path] === undefined ? "added" : now[path] === undefined ? "removed" : "changed"] as const];
    }),
  );

// Names with everything that has a meaning in the text, in JSON or in Go's JSON; `f` and `d` keep files and folders apart.
const letters = fc.string({
  unit: fc.constantFrom("a", "b", "é", "%", "=", "(", ")", ",", '"', "\\", "<", "&", "\n", "\u2028", "😀", " ", "."),
});
const path = fc
  .tuple(
    fc.array(
      letters.map((name) => `d${name}`),
      { maxLength: 3 },
    ),
    letters.map((name) => `f${name}`),
  )
  .map(([folders, file]) => [...folders, file].join("/"));
const text = fc.constantFrom("1", "2", "x1", "link1");
const contexts = fc.dictionary(path, text, { maxKeys: 30, noNullPrototype: true });
/** A context, and what it becomes. */
const edited = fc
  .tuple(
    contexts,
    fc.dictionary(path, text, { maxKeys: 5, noNullPrototype: true }),
    fc.array(fc.nat(), { maxLength: 4 }),
  )
  .map(([before, more, picks]): [Files, Files] => {
    const paths = Object.keys(before);
    const picked = new Set(picks.map((pick) => paths[pick % Math.max(1, paths.length)]));
    const kept = Object.entries(before).flatMap(([each, content], index): [string, string][] => {
      if (!picked.has(each)) return [[each, content]];
      const becomes = [`${content}!`, `x${content}`, `link${content}`][index % 4];
      return becomes === undefined ? [] : [[each, becomes]];
    });
    return [before, { ...Object.fromEntries(kept), ...more }];
  });

describe("the outline of a context", () => {
  it("never takes more bytes than it may, in JSON neither", () => {
    fc.assert(
      fc.property(contexts, fc.integer({ min: 0, max: 400 }), (files, limit) => {
        const outline = writeOutline(tree(files), limit);
        if (outline !== undefined)
          assert.ok(bytesOf(outline) - 2 <= limit, `${bytesOf(outline) - 2} > ${limit}: ${outline}`);
        assert.equal(outline === undefined, limit < 5);
      }),
    );
  });

  it("is read back as it was written, for any names", () => {
    fc.assert(
      fc.property(contexts, (files) => {
        const found: Record<string, string> = {};
        const gather = (outline: Outline, above: string): void => {
          assert.ok(!("folded" in outline) && typeof outline.files !== "string", "with room for all, all is named");
          for (const [name, digest] of outline.files) found[above + name] = digest;
          for (const [name, folder] of outline.folders) gather(folder, `${above}${name}/`);
        };
        gather(readOutline(writeOutline(tree(files), plenty) ?? ""), "");
        assert.deepEqual(Object.keys(found).sort(), Object.keys(files).sort());
        for (const [each, digest] of Object.entries(found))
          assert.deepEqual([digest], [...treeOf([entry(["name", files[each] ?? ""])]).files.values()], each);
      }),
    );
  });

  it("depends on the files alone, not on their order", () => {
    fc.assert(
      fc.property(contexts, fc.integer({ min: 5, max: 400 }), (files, limit) => {
        const turned = Object.fromEntries(Object.entries(files).reverse());
        assert.equal(writeOutline(tree(turned), limit), writeOutline(tree(files), limit));
      }),
    );
  });

  it("names exactly the files that changed, when there is room for all names", () => {
    fc.assert(
      fc.property(edited, ([before, now]) => {
        const expected = truth(before, now);
        for (const { what, path: each, files } of told(before, now, plenty) ?? []) {
          const under = [...expected].filter(([one]) => one === each || (each.endsWith("/") && one.startsWith(each)));
          assert.ok(under.length > 0, `${each} is reported as ${what}, but nothing differs there`);
          assert.ok(
            under.every(([, kind]) => kind === what),
            `${each} is reported as ${what}: ${JSON.stringify(under)}`,
          );
          if (each.endsWith("/")) {
            assert.ok(what !== "changed", "a folder stands for its files only where it is new or gone");
            if (what === "added") assert.equal(files, under.length);
          }
          for (const [one] of under) expected.delete(one);
        }
        assert.deepEqual([...expected], [], "not told");
      }),
    );
  });

  it("names a folder around each file that changed, and none in which nothing did, when there is less room", () => {
    fc.assert(
      fc.property(edited, fc.integer({ min: 5, max: 300 }), ([before, now], limit) => {
        const expected = truth(before, now);
        const changes = told(before, now, limit) ?? [];
        const covers = ({ path: each, directly }: (typeof changes)[number], one: string) =>
          one === each ||
          ((each === "" || each.endsWith("/")) &&
            one.startsWith(each) &&
            (!directly || !one.slice(each.length).includes("/")));
        for (const one of expected.keys())
          assert.ok(
            changes.some((change) => covers(change, one)),
            `${one} is not told`,
          );
        for (const change of changes)
          assert.ok(
            [...expected.keys()].some((one) => covers(change, one)),
            `${change.path} is reported without a reason`,
          );
      }),
    );
  });

  it("summarizes large folders, and still names small files", () => {
    const many = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [`node_modules/m${index % 300}/f${index}`, "1"]),
    );
    const before = { ...many, Dockerfile: "1", "files/ica_start.sh": "1" };
    const limit = 200;
    assert.deepEqual(told(before, { ...before, "files/ica_start.sh": "2" }, limit), [
      { what: "changed", path: "files/ica_start.sh" },
    ]);
    assert.deepEqual(told(before, { ...before, "node_modules/m7/f7": "2" }, limit), [
      { what: "changed", path: "node_modules/" },
    ]);
  });

  it("keeps the names of folders when a folder has too many files", () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`f${index}`, "1"]));
    const before = { ...many, "a/x": "1", "b/x": "1" };
    assert.deepEqual(told(before, { ...before, f3: "2", "b/x": "2" }, 60), [
      { what: "changed", path: "", directly: true },
      { what: "changed", path: "b/x" },
    ]);
  });

  it("is refused when the text is not a digest", () => {
    for (const text of ["a", "a=1", "a(b=1234", "a=1234)", "a/12", "%zz=1234", "a==123", ","])
      assert.throws(() => readOutline(text), OutlineError, text);
  });
});

describe("the digest of a build's files", () => {
  it("takes at most the bytes it may", () => {
    fc.assert(
      fc.property(
        contexts,
        fc.array(letters, { maxLength: 5 }),
        fc.integer({ min: 0, max: 900 }),
        (files, bases, limit) => {
          const digest = digestOf(
            build(files, bases.map((base) => `FROM a${base.replace(/\n/g, "")}\n`).join("")),
            limit,
          );
          if (digest !== undefined) assert.ok(bytesOf(digest) <= limit, `${bytesOf(digest)} > ${limit}`);
        },
      ),
    );
  });

  it("keeps the whole resource within its part of the state, for any inputs", () => {
    const large = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`d${index % 20}/f${index}`, "1"]));
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ maxLength: 20 }), fc.string({ maxLength: 200 }), { maxKeys: 8 }),
        (args) => {
          const inputs = imageInputs({
            build: { context: "./image", args },
            regions: ["euc1", "use1"],
            version: "v".repeat(200),
          });
          const url = "123456789012.dkr.ecr.us-east-1.amazonaws.com/tenant-12345678-1234-1234-1234-123456789012:latest";
          const uuid = "12345678-1234-1234-1234-123456789012";
          const image = dockerImage({
            id: uuid,
            internalDockerImageSettings: {
              regions: ["euc1", "use1"].map((code) => ({ region: { id: uuid, code }, url })),
            },
          });
          const whole = (contextDigest: ReturnType<typeof digestFor>) => {
            const machinery = {
              __provider: 'exports.handler = () => require("pulumi-ica/provider").benchImage;',
              __urn: `urn:pulumi:production::genomics::pulumi-nodejs:dynamic/ica:BenchImage::${"n".repeat(100)}`,
            };
            const state = stateOf(image, inputs, {
              archive: {
                projectId: uuid,
                dataId: `fil.${"0".repeat(32)}`,
                name: `rstudio-${inputs.version}-0123456789ab.tar.bz2`,
                size: 5e9,
                sha256: "0".repeat(64),
              },
              imageDigest: `sha256:${"0".repeat(64)}`,
              contextDigest,
            });
            return bytesOf({ ...inputs, ...machinery }) + bytesOf({ ...state, ...machinery });
          };
          const digest = digestFor(inputs, build(large));
          if (digest !== undefined) assert.ok(whole(digest) <= stateLimit, `${whole(digest)} bytes`);
          if (whole(undefined) < 2800) assert.ok(digest?.files !== undefined, "there is room for a digest");
        },
      ),
    );
  });

  it("reports FROM lines for the Dockerfile only", () => {
    const before = digestOf(
      build({ a: "1" }, "# FROM nothing\nARG V=1\nFROM  --platform=linux/amd64 debian:1  AS base\nFROM base\n"),
      500,
    );
    assert.deepEqual(before?.from, ["debian:1 AS base", "base"]);
    const changes = changesOfFiles(before, build({ a: "1" }, "FROM debian:2\n"));
    assert.deepEqual(changes, { dockerfile: true, from: { before: before?.from, now: ["debian:2"] }, paths: [] });
    assert.equal(changesOfFiles(before, build({ a: "2" }, "FROM debian:2\n"))?.paths?.length, 1);
  });

  it("leaves out FROM lines that are too long, and still reports that the Dockerfile changed", () => {
    const long = Array.from({ length: 30 }, (_, index) => `FROM registry.example.org/base/number${index}:1\n`).join("");
    const before = digestOf(build({ a: "1" }, long), 1600);
    assert.equal(before?.from, undefined);
    const changes = changesOfFiles(before, build({ a: "1" }, `${long}RUN true\n`));
    assert.deepEqual(changes, { dockerfile: true, from: undefined, paths: [] });
  });

  it("of another version, or edited by hand, counts as none", () => {
    for (const other of [undefined, "text", {}, { dockerfile: 1 }])
      assert.equal(changesOfFiles(other, build({})), undefined);
    assert.equal(changesOfFiles({ dockerfile: "abcd", files: "%" }, build({}))?.paths, undefined);
  });

  it("finds the bases of a Dockerfile, and not what only looks like them", () => {
    assert.deepEqual(fromLines("from a\nRUN <<EOF\nFROM b\nEOF\nFROM \\\n  c\n"), ["a", "c"]);
  });
});
