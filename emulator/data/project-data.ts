import { randomBytes } from "node:crypto";
import pLimit from "p-limit";
import type { Formats } from "../catalog/formats";
import { badRequest, conflict, notFound } from "../http/problem";
import { inOrderOfCreation } from "../state/creation-order";
import type { Collection, Store } from "../state/store";
import { type DataRecord, type DataTags, dataRecord, noTags } from "./record";

/** Name, place and type of new data. */
export interface NewData {
  readonly name: string;
  readonly type: "FILE" | "FOLDER";
  readonly folderId: string | undefined;
  readonly folderPath: string | undefined;
  readonly formatCode: string | undefined;
}

/** The fields that `PUT` can change. */
export interface DataChanges {
  readonly formatCode: string | undefined;
  readonly tags: Partial<DataTags>;
  readonly willBeArchivedAt: string | undefined;
  readonly willBeDeletedAt: string | undefined;
}

/** The files and folders of the project. The object store has their content. */
export class ProjectData {
  readonly #records: Collection<DataRecord>;
  readonly #formats: Formats;
  /** Creation is sequential, so that two calls cannot create the same path. */
  readonly #creating = pLimit(1);

  private constructor(records: Collection<DataRecord>, formats: Formats) {
    this.#records = records;
    this.#formats = formats;
  }

  static async open(store: Store, formats: Formats): Promise<ProjectData> {
    return new ProjectData(await store.collection("data", dataRecord), formats);
  }

  /** In order of creation. */
  list(): DataRecord[] {
    return inOrderOfCreation(this.#records.list());
  }

  get(id: string): DataRecord | undefined {
    return this.#records.get(id);
  }

  /** The record, or a 404 problem. */
  require(id: string): DataRecord {
    const found = this.get(id);
    if (found === undefined) {
      throw notFound(`There is no data ${id} in this project.`);
    }
    return found;
  }

  /**
   * Creates a file (PARTIAL) or a folder, and its missing parent folders. 409 when the path is taken: UNDOCUMENTED, but
   * the documents offer overwriting only for PARTIAL files, and only by an upload to the existing file.
   */
  create(fresh: NewData, requestId: string | undefined): Promise<DataRecord> {
    return this.#creating(async () => {
      const parent = await this.#parentFolder(fresh);
      const path = `${parent}${checkName(fresh.name)}${fresh.type === "FOLDER" ? "/" : ""}`;
      const known = this.#at(path);
      if (known === undefined) {
        return this.#add(fresh.type, path, this.#formatCode(fresh), requestId);
      }
      if (requestId !== undefined && known.requestId === requestId) {
        return known;
      }
      const instead =
        known.status === "PARTIAL"
          ? `To continue its upload, request credentials or an upload URL of ${known.id}.`
          : "Use another name: complete data cannot be overwritten.";
      throw conflict(`${path} is there already: ${known.id}, ${known.status}. ${instead}`);
    });
  }

  /** Changes format, tags and dates. A folder can only change its tags. */
  async change(id: string, changes: DataChanges): Promise<DataRecord> {
    const { formatCode, tags, willBeArchivedAt, willBeDeletedAt } = changes;
    if (this.require(id).type === "FOLDER" && (formatCode ?? willBeArchivedAt ?? willBeDeletedAt) !== undefined) {
      throw badRequest("Of a folder only the tags can be changed.");
    }
    const changed = await this.#records.update(id, (record) => ({
      ...record,
      ...(formatCode === undefined ? {} : { formatCode }),
      ...(willBeArchivedAt === undefined ? {} : { willBeArchivedAt }),
      ...(willBeDeletedAt === undefined ? {} : { willBeDeletedAt }),
      tags: { ...record.tags, ...tags },
      timeModified: now(),
    }));
    return changed ?? this.require(id);
  }

  /** Marks a file as complete once its object is. */
  async complete(id: string, object: { size: number; etag: string }): Promise<void> {
    await this.#records.update(id, (record) => ({
      ...record,
      status: "AVAILABLE",
      sizeInBytes: object.size,
      objectETag: object.etag,
      storedAt: record.storedAt ?? now(),
      timeModified: now(),
    }));
  }

  /** Removes data; a folder goes with everything below it. Returns what it removed. */
  async remove(id: string): Promise<DataRecord[]> {
    const record = this.require(id);
    const doomed =
      record.type === "FILE" ? [record] : this.#records.list().filter(({ path }) => path.startsWith(record.path));
    for (const { id: each } of doomed) {
      await this.#records.delete(each);
    }
    return doomed;
  }

  #at(path: string): DataRecord | undefined {
    return this.#records.list().find((record) => record.path === path);
  }

  async #add(
    type: DataRecord["type"],
    path: string,
    formatCode: string | undefined,
    requestId: string | undefined,
  ): Promise<DataRecord> {
    const time = now();
    const record: DataRecord = {
      id: `${type === "FILE" ? "fil" : "fol"}.${randomBytes(16).toString("hex")}`,
      type,
      name: path.split("/").filter(Boolean).at(-1) ?? path,
      path,
      status: type === "FILE" ? "PARTIAL" : "AVAILABLE",
      tags: noTags,
      timeCreated: time,
      timeModified: time,
      ...(formatCode === undefined ? {} : { formatCode }),
      ...(requestId === undefined ? {} : { requestId }),
    };
    await this.#records.put(record.id, record);
    return record;
  }

  /** The path of the parent folder for new data. Creates missing folders of `folderPath`, as documented. */
  async #parentFolder({ folderId, folderPath }: NewData): Promise<string> {
    if (folderId !== undefined && folderPath !== undefined) {
      throw badRequest("Use either folderId or folderPath, not both.");
    }
    if (folderId !== undefined) {
      const folder = this.require(folderId);
      if (folder.type !== "FOLDER") {
        throw badRequest(`${folderId} is a file; folderId must name a folder.`);
      }
      return folder.path;
    }
    let path = "/";
    for (const name of (folderPath ?? "/").split("/").filter(Boolean)) {
      path = `${path}${checkName(name)}/`;
      if (this.#at(path) === undefined) {
        await this.#add("FOLDER", path, undefined, undefined);
      }
    }
    return path;
  }

  #formatCode({ type, name, formatCode }: NewData): string | undefined {
    if (type === "FOLDER") {
      if (formatCode !== undefined) {
        throw badRequest("A folder has no format.", { parameters: { formatCode: "only for files" } });
      }
      return undefined;
    }
    const code = formatCode ?? this.#formats.codeFor(name);
    if (this.#formats.byCode(code) === undefined) {
      throw badRequest(`There is no data format ${code}. GET /api/dataFormats lists them.`, {
        parameters: { formatCode: "is not known" },
      });
    }
    return code;
  }
}

/** Whether the name is valid for data. */
export function isDataName(name: string): boolean {
  return (
    name !== "" &&
    name !== "." &&
    name !== ".." &&
    !name.includes("/") &&
    !/\p{Cc}/u.test(name) &&
    Buffer.byteLength(name) <= 255
  );
}

function checkName(name: string): string {
  if (!isDataName(name)) {
    throw badRequest(`${JSON.stringify(name)} cannot be the name of a file or folder.`, {
      parameters: { name: "must be 1 to 255 bytes, without / and control characters" },
    });
  }
  return name;
}

function now(): string {
  return new Date().toISOString();
}
