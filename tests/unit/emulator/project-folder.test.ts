import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { Formats } from "../../../emulator/catalog/formats";
import { ProjectData } from "../../../emulator/data/project-data";
import { DiskStore } from "../../../emulator/object-store/storage/disk";
import { type Agreed, decide } from "../../../emulator/project-folder/decide";
import { ProjectFolder } from "../../../emulator/project-folder/project-folder";
import { inFolder, openReal, seenBelow, unlessGone } from "../../../emulator/project-folder/safe-paths";
import { loadIdentity } from "../../../emulator/state/identity";
import { Store } from "../../../emulator/state/store";
import { until } from "../../support/until";

const file = (change: Partial<Agreed> = {}) => ({ type: "FILE" as const, size: 1, mtimeMs: 1, ino: 1, ...change });
const agreed = (change: Partial<Agreed> = {}): Agreed => ({
  id: "a",
  objectETag: "e",
  size: 1,
  mtimeMs: 1,
  ino: 1,
  ...change,
});
const known = { id: "a", objectETag: "e" };

describe("the folder of a project", () => {
  describe("compared with the project", () => {
    const rows: [string, Parameters<typeof decide>, ReturnType<typeof decide>][] = [
      ["is new in the project", [known, undefined, undefined], "write"],
      ["is new in the folder", [undefined, file(), undefined], "add"],
      ["is deleted in the project", [undefined, file(), agreed()], "unlink"],
      ["is deleted in the folder", [known, undefined, agreed()], "delete"],
      ["is deleted in both", [undefined, undefined, agreed()], "forget"],
      ["is the same", [known, file(), agreed()], "nothing"],
      ["was written in the folder", [known, file({ size: 2 }), agreed()], "replace"],
      ["was written in the folder, with the same size", [known, file({ mtimeMs: 2 }), agreed()], "replace"],
      ["was replaced in the folder by an equal one", [known, file({ ino: 2 }), agreed()], "replace"],
      ["has other content in the project", [{ ...known, objectETag: "f" }, file(), agreed()], "write"],
      ["was deleted and created again in the project", [{ ...known, id: "b" }, undefined, agreed()], "write"],
      ["was deleted in the project and written in the folder", [undefined, file({ size: 2 }), agreed()], "add"],
      ["is in both and was never compared", [known, file(), undefined], "replace"],
      ["is a folder in both and was never compared", [known, { ...file(), type: "FOLDER" }, undefined], "agree"],
    ];
    for (const [what, args, step] of rows) {
      it(`${step}: what ${what}`, () => assert.equal(decide(...args), step));
    }
  });

  describe("with links in it", () => {
    let root: string;
    beforeEach(async () => {
      root = await mkdtemp(path.join(tmpdir(), "pulumi-ica-test-"));
      await mkdir(path.join(root, "real"));
      await writeFile(path.join(root, "real", "file"), "real");
      await symlink("/etc", path.join(root, "etc"));
      await symlink("/etc/passwd", path.join(root, "real", "passwd"));
    });
    afterEach(() => rm(root, { recursive: true }));

    it("is walked without following them", async () => {
      const ignored: string[] = [];
      const seen = await seenBelow(
        root,
        () => true,
        (where) => ignored.push(where),
      );
      assert.deepEqual([...seen.keys()].sort(), ["/real/", "/real/file"]);
      assert.deepEqual(ignored.sort(), ["/etc", "/real/passwd"]);
    });

    it("cannot be left through one", async () => {
      assert.equal(await unlessGone(inFolder(root, ["etc"], () => Promise.resolve("inside"))), undefined);
      assert.equal(await unlessGone(openReal(root, ["etc", "passwd"])), undefined);
      assert.equal(await unlessGone(openReal(root, ["real", "passwd"])), undefined);
      assert.equal(await openReal(root, ["real"]), undefined, "a folder is no file");
      const handle = await openReal(root, ["real", "file"]);
      assert.equal(await handle?.readFile("utf8"), "real");
      await handle?.close();
    });

    it("stays what it was when a folder becomes a link while it is used", async () => {
      await inFolder(root, ["real"], async (folder) => {
        await rm(path.join(root, "real"), { recursive: true });
        await symlink("/etc", path.join(root, "real"));
        await assert.rejects(readFile(`${folder}/passwd`), { code: "ENOENT" });
      });
    });
  });

  type Change = readonly ["upload" | "remove" | "save" | "rm" | "mv" | "settle" | "restart", string, string];
  const change = fc.tuple(
    fc.constantFrom("upload", "remove", "save", "save", "rm", "mv", "settle", "restart"),
    fc.constantFrom("/a", "/b", "/x/a", "/x/y/b", "/x/"),
    fc.constantFrom("1", "2", "333"),
  );

  it("reaches the content of the project, for any changes on both sides", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 14 }), async (changes) => {
        const dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-test-"));
        try {
          await converges(dir, changes);
        } finally {
          await rm(dir, { recursive: true });
        }
      }),
      { numRuns: 60 },
    );
  }).timeout(120_000);

  it("delays an upload into a folder that was just deleted there, and creates the folder again", async () => {
    const dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-test-"));
    const upload = (name: string) => ["upload", name, "1"] as const;
    const settle = ["settle", "/a", ""] as const;
    try {
      await converges(dir, [upload("/x/y/b"), settle, settle, ["rm", "/x/", ""], upload("/x/a")]);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  async function project(dir: string) {
    const root = path.join(dir, "project");
    const log: string[] = [];
    const store = new Store(dir);
    const data = await ProjectData.open(store, new Formats(await loadIdentity(store)));
    const disk = new DiskStore(path.join(dir, "objects"), ({ key, size, etag }) => data.complete(key, { size, etag }));
    const placeOf = ({ id }: { id: string }) => ({ bucket: "bucket", key: id });
    const open = () => ProjectFolder.open({ dir: root, store, data, disk, placeOf, log: (line) => log.push(line) });
    return { root, log, data, disk, placeOf, open };
  }

  describe("looked at while something is written", () => {
    let dir: string;
    let made: Awaited<ReturnType<typeof project>>;
    let folder: ProjectFolder;
    beforeEach(async () => {
      dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-test-"));
      made = await project(dir);
      folder = await made.open();
      await folder.hold("w");
    });
    afterEach(async () => {
      await folder.release("w");
      await rm(dir, { recursive: true });
    });
    const sizes = () => made.data.list().map(({ path: name, sizeInBytes }) => [name, sizeInBytes]);

    it("takes a file only after two looks saw the same content", async () => {
      await writeFile(path.join(made.root, "growing"), "1");
      await folder.settle();
      await writeFile(path.join(made.root, "growing"), "12");
      await folder.settle();
      assert.deepEqual(sizes(), []);
      await folder.settle();
      assert.deepEqual(sizes(), [["/growing", 2]]);
    });

    it("loses no file that is moved away and back", async () => {
      const [a, b] = [path.join(made.root, "a"), path.join(made.root, "b")];
      await writeFile(a, "kept");
      for (const [from, to] of [
        [a, b],
        [b, a],
        [a, b],
      ] as const) {
        await folder.settle();
        await folder.settle();
        await rename(from, to);
      }
      await folder.settle();
      await folder.settle();
      assert.deepEqual(sizes(), [["/b", 4]]);
      assert.equal(await readFile(b, "utf8"), "kept");
    });

    it("creates a deleted folder of the project again when it has a new file", async () => {
      await mkdir(path.join(made.root, "x"));
      await folder.settle();
      await folder.settle();
      await made.data.remove(String(made.data.list()[0]?.id));
      await writeFile(path.join(made.root, "x", "new"), "new");
      for (let n = 0; n < 3; n++) await folder.settle();
      assert.deepEqual(sizes(), [
        ["/x/", undefined],
        ["/x/new", 3],
      ]);
      assert.deepEqual(made.log, []);
    });

    it("copies a file again when a kill interrupted its copy", async () => {
      await writeFile(path.join(made.root, "half"), "whole");
      const { data, disk } = made;
      const put = disk.putObject.bind(disk);
      let letGo: (reason: Error) => void = () => undefined;
      disk.putObject = () => new Promise((_resolve, reject) => (letGo = reject));
      await folder.settle();
      const cutOff = folder.settle();
      await until("it becomes data of the project", () => data.list().length > 0);
      disk.putObject = put;
      folder = await made.open();
      await folder.hold("w");
      await folder.settle();
      assert.deepEqual(sizes(), [["/half", 5]]);
      letGo(new Error("killed"));
      await cutOff;
    });

    it("reports once what it cannot copy, and continues with the rest", async () => {
      const { disk, log } = made;
      const put = disk.putObject.bind(disk);
      disk.putObject = () => Promise.reject(new Error("ENOSPC: no space left on device"));
      await writeFile(path.join(made.root, "big"), "big");
      for (let n = 0; n < 3; n++) await folder.settle();
      assert.deepEqual(
        [sizes(), log],
        [[], ["/data/project/big: ENOSPC: no space left on device. It is tried again."]],
      );
      disk.putObject = put;
      await folder.settle();
      assert.deepEqual(sizes(), [["/big", 3]]);
    });

    it("does not delete the content of a folder in the project when the whole folder disappears", async () => {
      await writeFile(path.join(made.root, "kept"), "kept");
      await folder.release("w");
      assert.deepEqual(sizes(), [["/kept", 4]]);
      await rm(made.root, { recursive: true });
      folder = await made.open();
      await folder.hold("w");
      for (let n = 0; n < 2; n++) await folder.settle();
      assert.equal(await readFile(path.join(made.root, "kept"), "utf8"), "kept");
    });
  });

  async function converges(dir: string, changes: readonly Change[]): Promise<void> {
    const { root, log, data, disk, placeOf, open } = await project(dir);
    let folder = await open();
    await folder.hold("w");
    const at = (name: string) => data.list().find((record) => record.path === name);
    /** What was written into the folder last, unless an upload replaced it. */
    const saved = new Map<string, string>();
    for (const [what, name, text] of changes) {
      const [, above = "", base = ""] = /^(.*\/)(.*)$/.exec(name) ?? [];
      if (name === "/x/" && what === "rm") {
        await rm(path.join(root, name), { recursive: true, force: true });
        for (const each of saved.keys()) if (each.startsWith(name)) saved.delete(each);
      } else if (name === "/x/" && what !== "remove") {
        await folder.settle();
      } else if (what === "upload" && at(name) === undefined) {
        const record = await data.create(
          { name: base, type: "FILE", folderId: undefined, folderPath: above, formatCode: undefined },
          undefined,
        );
        await disk.putObject({ ...placeOf(record), content: Readable.from([Buffer.from(text)]), metadata: {} });
        saved.delete(name);
      } else if (what === "remove") {
        const record = at(name);
        if (record !== undefined) await data.remove(record.id);
        for (const each of saved.keys()) if (each.startsWith(name)) saved.delete(each);
      } else if (what === "save") {
        await mkdir(path.join(root, above), { recursive: true });
        await writeFile(path.join(root, name), text);
        saved.set(name, text);
      } else if (what === "rm") {
        await rm(path.join(root, name), { force: true });
        saved.delete(name);
      } else if (what === "mv") {
        const to = name === "/a" ? "/b" : "/a";
        const moved = await unlessGone(rename(path.join(root, name), path.join(root, to)));
        const text = saved.get(name);
        saved.delete(name);
        saved.delete(to);
        if (moved !== undefined && text !== undefined) saved.set(to, text);
      } else if (what === "settle") {
        await folder.settle();
      } else if (what === "restart") {
        await folder.release("w");
        folder = await open();
        await folder.hold("w");
      }
    }
    for (let n = 0; n < 4; n++) await folder.settle();
    await folder.release("w");
    const seen = await seenBelow(root, () => true, assert.fail);
    const inProject = data.list();
    assert.deepEqual([...seen.keys()].sort(), inProject.map((record) => record.path).sort(), log.join("\n"));
    for (const record of inProject.filter(({ type }) => type === "FILE")) {
      const content = await readFile(path.join(root, record.path), "utf8");
      assert.equal(await readFile(disk.fileOf("bucket", record.id), "utf8"), content, record.path);
      assert.equal(record.sizeInBytes, content.length);
    }
    for (const [name, text] of saved) {
      assert.equal(await readFile(path.join(root, name), "utf8"), text, `what was saved at ${name} is not lost`);
    }
    assert.deepEqual(log, []);
  }
});
