import { lstat, mkdir, statfs } from "node:fs/promises";
import { z } from "zod";
import { isDataName, type ProjectData } from "../data/project-data";
import type { DataRecord } from "../data/record";
import type { DiskStore } from "../object-store/storage/disk";
import type { Collection, Store } from "../state/store";
import { type Agreed, decide, type Step, waits } from "./decide";
import { giveToUser, removeUnfinished, unlinkBelow, writeBelow } from "./files";
import { openReal, partsOf, type Seen, seenBelow, unlessGone } from "./safe-paths";

/** Milliseconds between two looks at the folder. A change counts when two looks saw the same. */
const intervalMs = 1000;

const agreement = z.object({
  id: z.string(),
  path: z.string(),
  objectETag: z.string().optional(),
  size: z.number(),
  mtimeMs: z.number(),
  ino: z.number(),
});
type Agreement = z.infer<typeof agreement>;

/** What a project's folder needs. */
export interface ProjectFolderOptions {
  /** The mounted folder. Only the emulator's user may enter its parent. */
  readonly dir: string;
  readonly store: Store;
  readonly data: ProjectData;
  readonly disk: DiskStore;
  placeOf(record: { id: string }): { bucket: string; key: string };
  log(line: string): void;
}

/**
 * The data of the project as files, mounted at /data/project. AVAILABLE files and folders appear there, and files
 * written, changed or deleted there change in the project (documented: "contains all your project data"; deleting there
 * deletes for good). Every second, compares both sides with each other and with their last agreement, which survives a
 * kill.
 */
export class ProjectFolder {
  readonly #options: ProjectFolderOptions;
  readonly #agreed: Collection<Agreement>;
  readonly #told = new Set<string>();
  readonly #users = new Set<string>();
  #before: Map<string, Seen> | undefined;
  #under: Promise<void> = Promise.resolve();
  #busy = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: ProjectFolderOptions, agreed: Collection<Agreement>) {
    this.#options = options;
    this.#agreed = agreed;
  }

  static async open(options: ProjectFolderOptions): Promise<ProjectFolder> {
    const agreed = await options.store.collection("project-folder", agreement);
    await unlessGone(removeUnfinished(options.dir));
    const gone = (await unlessGone(lstat(options.dir))) === undefined;
    for (const { id } of agreed.list()) {
      if (options.data.get(id)?.status === "PARTIAL") {
        // A kill interrupted its transfer, so it counts as new again.
        await options.data.remove(id);
        await agreed.delete(id);
      } else if (gone) {
        // If the whole folder is gone, nothing follows about its content.
        await agreed.delete(id);
      }
    }
    return new ProjectFolder(options, agreed);
  }

  /**
   * Fills the folder for a workspace that is about to start, and watches it until {@link release}. Returns its path.
   */
  async hold(workspace: string): Promise<string> {
    const { dir } = this.#options;
    await mkdir(dir, { recursive: true });
    await giveToUser(dir, 0o755);
    this.#users.add(workspace);
    await this.settle();
    this.#timer ??= setInterval(() => {
      if (!this.#busy) {
        void this.settle();
      }
    }, intervalMs).unref();
    return dir;
  }

  /** The workspace has ended. Takes over its last changes. */
  async release(workspace: string): Promise<void> {
    if (!this.#users.delete(workspace)) {
      return;
    }
    // Twice, because changes right before the end are seen for the first time now.
    await this.settle();
    await this.settle();
    if (this.#users.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  /**
   * Compares both sides once. One comparison at a time. Never rejects: logs failures, and the next comparison tries
   * again.
   */
  settle(): Promise<void> {
    this.#busy = true;
    const under = this.#under
      .then(() => this.#compare())
      .catch((error: unknown) => this.#tell("", error))
      .finally(() => {
        this.#busy = this.#under !== under;
      });
    this.#under = under;
    return under;
  }

  async #compare(): Promise<void> {
    const { dir, data } = this.#options;
    const seen = await seenBelow(dir, isDataName, (where) => this.#ignore(where));
    const records = new Map(data.list().map((record) => [record.path, record]));
    const agreed = new Map(this.#agreed.list().map((each) => [each.path, each]));
    const before = this.#before;
    this.#before = seen;
    // Creates folders before their content, and deletes in the reverse order.
    const paths = [...new Set([...records.keys(), ...seen.keys(), ...agreed.keys()])].sort();
    const steps = paths.map((at) => ({ at, step: this.#stepFor(records.get(at), seen.get(at), agreed.get(at)) }));
    const going = steps.filter(({ step }) => step === "delete" || step === "unlink").reverse();
    const seenTwice = (at: string) => before !== undefined && same(before.get(at), seen.get(at));
    // Folders that the folder side deleted. The project keeps them if they have other content by then.
    const leaving = going.filter(({ at, step }) => step === "delete" && at.endsWith("/") && !seenTwice(at));
    for (const { at, step } of [...going, ...steps.filter((each) => !going.includes(each))]) {
      const early = waits.has(step)
        ? !seenTwice(at)
        : step === "write" && leaving.some((folder) => at.startsWith(folder.at));
      if (!early) {
        const here = { at, record: records.get(at), seen: seen.get(at), agreed: agreed.get(at) };
        await this.#take(step, here).catch((error: unknown) => this.#tell(at, error));
      }
    }
  }

  #stepFor(record: DataRecord | undefined, seen: Seen | undefined, agreed: Agreed | undefined): Step {
    // An upload in progress is not visible yet, and reserves its name.
    if (record !== undefined && record.status !== "AVAILABLE") {
      return "nothing";
    }
    const known = record === undefined ? undefined : { id: record.id, objectETag: record.objectETag };
    return decide(known, seen, agreed);
  }

  async #take(step: Step, here: Place): Promise<void> {
    const { at, record, seen, agreed } = here;
    switch (step) {
      case "write":
        await this.#write(at, record);
        return;
      case "unlink":
        await unlinkBelow(this.#options.dir, at);
        await this.#forget(agreed);
        return;
      case "add":
      case "replace":
        await this.#takeOver(at, record, seen);
        return;
      case "agree":
        await this.#agree(at, record, seen);
        return;
      case "delete":
        await this.#delete(at, record);
        await this.#forget(agreed);
        return;
      case "forget":
        await this.#forget(agreed);
        return;
      default:
    }
  }

  async #write(at: string, record: DataRecord | undefined): Promise<void> {
    if (record !== undefined) {
      const { dir, disk, placeOf } = this.#options;
      const { bucket, key } = placeOf(record);
      const content = record.type === "FILE" ? disk.fileOf(bucket, key) : undefined;
      await this.#agree(at, record, { type: record.type, ...(await writeBelow(dir, at, content)) });
    }
  }

  /** Folder → project: adds new data, or new content of existing data. */
  async #takeOver(at: string, known: DataRecord | undefined, seen: Seen | undefined): Promise<void> {
    const { data, disk, dir, placeOf } = this.#options;
    const parts = partsOf(at);
    const name = parts.at(-1) ?? "";
    const folderPath = `/${parts
      .slice(0, -1)
      .map((part) => `${part}/`)
      .join("")}`;
    const add = (type: DataRecord["type"]) =>
      data.create({ name, type, folderId: undefined, folderPath, formatCode: undefined }, undefined);
    if (seen?.type === "FOLDER") {
      await this.#agree(at, known ?? (await add("FOLDER")), seen);
      return;
    }
    const handle = await unlessGone(openReal(dir, parts));
    if (handle === undefined) {
      return;
    }
    try {
      const { size, mtimeMs, ino } = await handle.stat();
      const { bavail, bsize } = await statfs(dir);
      if (size > bavail * bsize) {
        throw new Error(`it has ${size} bytes, and there are only ${bavail * bsize} left on the emulator's disk`);
      }
      const record = known ?? (await add("FILE"));
      try {
        if (known === undefined) {
          await this.#agreed.put(record.id, { id: record.id, path: at, size: -1, mtimeMs: 0, ino: 0 });
        }
        const content = handle.createReadStream({ autoClose: false });
        await disk.putObject({ ...placeOf(record), content, metadata: { "content-type": "binary/octet-stream" } });
      } catch (error) {
        if (known === undefined) {
          await data.remove(record.id);
          await this.#agreed.delete(record.id);
        }
        throw error;
      }
      await this.#agree(at, data.get(record.id), { type: "FILE", size, mtimeMs, ino });
    } finally {
      await handle.close();
    }
  }

  async #delete(at: string, record: DataRecord | undefined): Promise<void> {
    const { data, disk, placeOf } = this.#options;
    if (record === undefined) {
      return;
    }
    if (data.list().some(({ path: each }) => each !== at && at.endsWith("/") && each.startsWith(at))) {
      // An upload into the folder is in progress.
      await this.#write(at, record);
      return;
    }
    for (const removed of await data.remove(record.id)) {
      const { bucket, key } = placeOf(removed);
      await disk.remove(bucket, key);
    }
  }

  async #agree(at: string, record: DataRecord | undefined, seen: Seen | undefined): Promise<void> {
    if (record === undefined || seen === undefined) {
      return;
    }
    const { size, mtimeMs, ino } = seen;
    const { id, objectETag } = record;
    for (const former of this.#agreed.list().filter((each) => each.path === at && each.id !== id)) {
      await this.#forget(former);
    }
    await this.#agreed.put(id, {
      id,
      path: at,
      size,
      mtimeMs,
      ino,
      ...(objectETag === undefined ? {} : { objectETag }),
    });
  }

  async #forget(agreed: Agreed | undefined): Promise<void> {
    if (agreed !== undefined) {
      await this.#agreed.delete(agreed.id);
    }
  }

  #ignore(where: string): void {
    const shown = JSON.stringify(`/data/project${where}`);
    this.#tellOnce(`${shown} is neither file nor folder, or has a name that no data can have: it is left out.`);
  }

  #tell(at: string, error: unknown): void {
    this.#tellOnce(`/data/project${at}: ${error instanceof Error ? error.message : String(error)}. It is tried again.`);
  }

  /** Logs a line once; repeating it every second would fill the log. */
  #tellOnce(line: string): void {
    if (!this.#told.has(line)) {
      this.#told.add(line);
      this.#options.log(line);
    }
  }
}

interface Place {
  readonly at: string;
  readonly record: DataRecord | undefined;
  readonly seen: Seen | undefined;
  readonly agreed: Agreed | undefined;
}

function same(before: Seen | undefined, now: Seen | undefined): boolean {
  return now === undefined
    ? before === undefined
    : before !== undefined &&
        before.type === now.type &&
        before.ino === now.ino &&
        (now.type === "FOLDER" || (before.size === now.size && before.mtimeMs === now.mtimeMs));
}
