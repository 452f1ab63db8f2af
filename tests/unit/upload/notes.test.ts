import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { UploadNotes } from "../../../provider/upload/abandoned";

const upload = { bucket: "images", key: "rstudio.tar.bz2", uploadId: "upload-1" };

describe("notes of uploads", () => {
  let folder: string;
  let notes: UploadNotes;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), "pulumi-ica-test-")), "uploads");
    notes = new UploadNotes(folder);
  });
  afterEach(() => rm(join(folder, ".."), { recursive: true, force: true }));

  /** The id of a process that has ended. */
  const gone = () => spawnSync("true").pid;
  /** Writes a note as another process would have. */
  async function left(by: { pid?: number; host?: string; key?: string }): Promise<void> {
    await notes.begun(upload);
    const [name = ""] = await readdir(folder);
    const note: unknown = JSON.parse(await readFile(join(folder, name), "utf8"));
    await writeFile(join(folder, name), JSON.stringify(Object.assign({}, note, by)));
  }
  const abandoned = async () => (await notes.abandoned(upload.bucket, upload.key)).map(({ uploadId }) => uploadId);

  it("list the upload of an ended process until it is forgotten", async () => {
    await left({ pid: gone() });
    assert.deepEqual(await abandoned(), ["upload-1"]);
    for (const { forget } of await notes.abandoned(upload.bucket, upload.key)) await forget();
    assert.deepEqual(await abandoned(), []);
    assert.deepEqual(await readdir(folder), []);
  });

  for (const [what, by] of Object.entries({
    "a process that still runs": {},
    "a process of another user": { pid: 1 },
    "another machine's process": { pid: gone(), host: `not-${hostname()}` },
    "another object": { pid: gone(), key: "other.tar.bz2" },
  })) {
    it(`leave alone the upload of ${what}`, async () => {
      await left(by);
      assert.deepEqual(await abandoned(), []);
      assert.equal((await readdir(folder)).length, 1);
    });
  }

  it("are removed when done, and are readable by their owner only", async () => {
    const takeBack = await notes.begun(upload);
    const [name = ""] = await readdir(folder);
    assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
    await takeBack();
    assert.deepEqual(await readdir(folder), []);
  });

  it("are no condition: what cannot be written or read is no note", async () => {
    assert.deepEqual(await abandoned(), []);
    await writeFile(folder, "a file where the folder should be");
    const takeBack = await notes.begun(upload);
    await takeBack();
    assert.deepEqual(await abandoned(), []);
    await rm(folder);
    await left({ pid: gone() });
    await writeFile(join(folder, "half.json"), '{"bucket":"ima');
    assert.deepEqual(await abandoned(), ["upload-1"]);
  });
});
