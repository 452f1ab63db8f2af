import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { z } from "zod";
import { computeContextHash } from "../../../provider/build-context/hash";
import type { Made } from "../../support/context-folder";
import { contextManifest, eachContext, pathsOf, smallContext } from "./made-contexts";

const madeSchema = z.union([
  z.string(),
  z.strictObject({ text: z.string(), executable: z.boolean() }),
  z.strictObject({ link: z.string() }),
]);
const vectorsSchema = z.array(
  z.strictObject({
    what: z.string(),
    files: z.record(z.string(), madeSchema),
    build: z.strictObject({
      dockerfile: z.string().optional(),
      target: z.string().optional(),
      args: z.record(z.string(), z.string()).optional(),
      secrets: z.array(z.string()).optional(),
      ssh: z.array(z.string()).optional(),
      labels: z.record(z.string(), z.string()).optional(),
      triggers: z.array(z.string()).optional(),
    }),
    records: z.array(z.string()),
    contextHash: z.string(),
  }),
);

describe("contextHash", function () {
  this.timeout(60_000);
  const make = eachContext();
  const hashOf = async (
    files: Readonly<Record<string, Made>>,
    rest: Omit<Parameters<typeof computeContextHash>[0], "context"> = {},
  ) => computeContextHash({ context: await make(files), ...rest });

  it("is what docs/context-hash.md publishes", async () => {
    const page = await readFile(join(__dirname, "../../../docs/context-hash.md"), "utf8");
    const vectors = vectorsSchema.parse(JSON.parse(/```json\n(.*?)```/s.exec(page)?.[1] ?? ""));
    assert.ok(vectors.length >= 3, "the page has too few vectors");
    for (const { what, files, build, records, contextHash } of vectors) {
      const context = await make(files);
      const { dockerfile, ...rest } = build;
      const declared = {
        context,
        ...rest,
        ...(dockerfile === undefined ? {} : { dockerfile: join(context, dockerfile) }),
      };
      assert.deepEqual(await contextManifest(declared), records, what);
      assert.equal(await computeContextHash(declared), contextHash, what);
      // Once more with nothing of the project's but the page's words: records, each with a NUL.
      const byHand = createHash("sha256");
      for (const record of records) byHand.update(record).update(Buffer.from([0]));
      assert.equal(byHand.digest("hex"), contextHash, what);
    }
  });

  describe("stays the same", () => {
    it("for any place of the context, any file times and any other permissions", async () => {
      const first = await hashOf(smallContext);
      const context = await make(smallContext);
      await utimes(join(context, "a/b/data"), 1, 1);
      await chmod(join(context, "a/b/data"), 0o666);
      await chmod(join(context, "a/run.sh"), 0o700);
      await chmod(join(context, "a"), 0o700);
      assert.equal(await computeContextHash({ context }), first);
      const link = join(await make({}), "by-a-link");
      await symlink(context, link);
      assert.equal(await computeContextHash({ context: link }), first);
      assert.equal(await computeContextHash({ context: join(context, ".", "a", "..") }), first);
    });

    it("for any small context created in another order, in another place, with another umask", async () => {
      await fc.assert(
        fc.asyncProperty(contexts, fc.nat(), async (files, seed) => {
          const umask = process.umask(seed % 2 === 0 ? 0o077 : 0o002);
          try {
            const shuffled = Object.fromEntries(
              Object.entries(files).sort((a, b) => order(a[0], seed) - order(b[0], seed)),
            );
            assert.equal(await hashOf(shuffled), await hashOf(files));
          } finally {
            process.umask(umask);
          }
        }),
        { numRuns: 15 },
      );
    });

    it("with files that .dockerignore leaves out, in args' order, and with empty folders", async () => {
      const ignoring = { ...smallContext, ".dockerignore": "*.log\n**/cache\n" };
      const first = await hashOf(ignoring, { args: { A: "1", B: "2" } });
      const context = await make({ ...ignoring, "x.log": "1", "a/cache/y": "2", "cache/z": "3" });
      await mkdir(join(context, "empty/deep"), { recursive: true });
      assert.equal(await computeContextHash({ context, args: { B: "2", A: "1" } }), first);
    });
  });

  describe("changes", () => {
    it("with any byte, execute bit, name or link target of any file", async () => {
      await fc.assert(
        fc.asyncProperty(contexts, fc.nat(), async (files, pick) => {
          const before = await hashOf(files);
          const paths = Object.keys(files);
          const path = paths[pick % paths.length] ?? "Dockerfile";
          for (const changed of changesOf(files[path] ?? "")) {
            assert.notEqual(await hashOf({ ...files, [path]: changed }), before, `${path}: ${JSON.stringify(changed)}`);
          }
          if (path === "Dockerfile") return;
          const { [path]: gone, ...rest } = files;
          assert.notEqual(await hashOf(rest), before, `without ${path}`);
          assert.notEqual(await hashOf({ ...rest, [`${path}~`]: gone ?? "" }), before, `${path} renamed`);
        }),
        { numRuns: 15 },
      );
    });

    it("with an arg, the target, a trigger, a label, a secret's or an SSH id, the Dockerfile", async () => {
      const declared = {
        args: { A: "1" },
        target: "t",
        triggers: ["x", "y"],
        secrets: ["s"],
        labels: { l: "1" },
        ssh: ["d"],
      };
      const variants = [
        declared,
        { ...declared, args: { A: "2" } },
        { ...declared, args: { A: "1", B: "" } },
        { ...declared, target: "u" },
        { ...declared, triggers: ["y", "x"] },
        { ...declared, triggers: ["x"] },
        { ...declared, secrets: ["s", "t"] },
        { ...declared, labels: { l: "2" } },
        { ...declared, labels: {} },
        { ...declared, ssh: ["d", "e"] },
        { ...declared, ssh: [] },
        {},
      ];
      const hashes = [];
      for (const variant of variants) hashes.push(await hashOf(smallContext, variant));
      const elsewhere = await make({ Other: "FROM debian\n" });
      hashes.push(await hashOf(smallContext, { ...declared, dockerfile: join(elsewhere, "Other") }));
      assert.equal(new Set(hashes).size, hashes.length, hashes.join("\n"));
    });

    it("for contexts that only look alike when their parts are run together", async () => {
      const pairs = [
        [{ args: { A: "1\narg B=2" } }, { args: { A: "1", B: "2" } }],
        [{ triggers: ["a", "b"] }, { triggers: ["a\ntrigger b"] }],
        [{ target: "x" }, { triggers: ["x"] }],
        [{ args: { A: "1" } }, { labels: { A: "1" } }],
        [{ secrets: ["x"] }, { ssh: ["x"] }],
      ] as const;
      for (const [one, other] of pairs)
        assert.notEqual(await hashOf(smallContext, one), await hashOf(smallContext, other));
      assert.notEqual(await hashOf({ ...smallContext, x: "a" }), await hashOf({ ...smallContext, x: { link: "a" } }));
    });
  });

  it("takes a Dockerfile outside of the context, and prefers the rules next to it", async () => {
    const elsewhere = await make({ "My.Dockerfile": "FROM scratch\n", "My.Dockerfile.dockerignore": "only-mine\n" });
    const context = await make({
      ".dockerignore": "only-of-the-context\n",
      "only-mine": "1",
      "only-of-the-context": "2",
    });
    const records = await contextManifest({ context, dockerfile: join(elsewhere, "My.Dockerfile") });
    assert.deepEqual(pathsOf(records), [".dockerignore", "only-of-the-context"]);
  });

  it("applies comments, exceptions, blanks at the ends of lines and ** in .dockerignore", async () => {
    const context = await make({
      Dockerfile: "",
      ".dockerignore": "# a comment\n#kept\n  **/*.log  \n!keep.log\t\nbuild/**\n!build/deep/wanted\n\n",
      "#kept": "1",
      "a.log": "1",
      "deep/er/b.log": "1",
      "keep.log": "1",
      "deep/keep.log": "1",
      "build/x": "1",
      "build/deep/wanted": "1",
      "build/deep/other": "1",
    });
    assert.deepEqual(pathsOf(await contextManifest({ context })), [
      "#kept",
      ".dockerignore",
      "Dockerfile",
      "build/deep/wanted",
      "keep.log",
    ]);
  });

  it("sorts by bytes, not as JavaScript sorts", async () => {
    const records = await contextManifest({
      context: await make({ Dockerfile: "", "\u{1F600}": "1", "\uFF5E": "2", B: "3", a: "4" }),
    });
    assert.deepEqual(pathsOf(records), ["B", "Dockerfile", "a", "\uFF5E", "\u{1F600}"]);
  });

  it("reads large files whole", async () => {
    const context = await make({ Dockerfile: "FROM scratch\n" });
    const data = Buffer.alloc(5_000_000, "x");
    await writeFile(join(context, "large"), data);
    const records = await contextManifest({ context });
    assert.equal(records.at(-1), `file - ${createHash("sha256").update(data).digest("hex")} large`);
  });
});

const name = fc.stringMatching(/^[a-zé]{1,4}$/);
const text = fc.string({ maxLength: 12 });
const made: fc.Arbitrary<Made> = fc.oneof(
  text,
  fc.record({ text, executable: fc.boolean() }),
  fc.record({ link: fc.stringMatching(/^[a-z/]{1,6}$/) }),
);

/** Contexts of a few files and links, some in folders; none is a folder and a file at once. */
const contexts = fc
  .dictionary(
    fc.oneof(
      name.map((n) => `f-${n}`),
      fc.tuple(name, name).map(([a, b]) => `d-${a}/${b}`),
    ),
    made,
    { maxKeys: 5, noNullPrototype: true },
  )
  .map((files): Record<string, Made> => ({ ...files, Dockerfile: "FROM scratch\n" }));

function changesOf(file: Made): Made[] {
  if (typeof file === "string") return [`${file}!`, { text: file, executable: true }];
  if ("link" in file) return [{ link: `${file.link}x` }, file.link];
  return [
    { ...file, executable: !file.executable },
    { ...file, text: `x${file.text}` },
  ];
}

function order(path: string, seed: number): number {
  return createHash("md5").update(`${seed}${path}`).digest().readInt32BE(0);
}
