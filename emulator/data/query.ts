import type { Request } from "express";
import type { Formats } from "../catalog/formats";
import { badRequest } from "../http/problem";
import type { DataRecord } from "./record";

type Filter = (record: DataRecord) => boolean;

/**
 * The rows that match the filters of `GET /api/projects/{projectId}/data`. Paths are case-insensitive, as documented.
 */
export function selectData(req: Request, records: readonly DataRecord[], formats: Formats): readonly DataRecord[] {
  const folders = new Map(records.filter(({ type }) => type === "FOLDER").map(({ id, path }) => [id, path]));
  const filters = [
    oneOf(req, "id", (value, { id }) => value === id),
    oneOf(req, "filePath", atPath(req)),
    oneOf(req, "status", (value, { status }) => value === status),
    oneOf(
      req,
      "formatId",
      (value, { formatCode }) => formats.byId(value)?.code === formatCode && formatCode !== undefined,
    ),
    oneOf(req, "formatCode", (value, { formatCode }) => value === formatCode),
    oneOf(req, "type", (value, { type }) => value === type),
    oneOf(req, "parentFolderPath", (value, { path }) => parentOf(path) === value),
    oneOf(req, "parentFolderId", (value, { path }) => folders.get(value) === parentOf(path)),
    matched(req, "filename", ({ name }) => [name]),
    created(req, "creationDateAfter", (time, limit) => time > limit),
    created(req, "creationDateBefore", (time, limit) => time < limit),
    matched(req, "userTag", ({ tags }) => tags.userTags),
    matched(req, "technicalTag", ({ tags }) => tags.technicalTags),
    matched(req, "connectorTag", ({ tags }) => tags.connectorTags),
    matched(req, "runInputTag", ({ tags }) => tags.runInTags),
    matched(req, "runOutputTag", ({ tags }) => tags.runOutTags),
  ];
  return sorted(
    req,
    records.filter((record) => filters.every((filter) => filter(record))),
  );
}

/** Accepts a record that matches any value of a parameter; accepts all records when the parameter is absent. */
function oneOf(req: Request, name: string, accepts: (value: string, record: DataRecord) => boolean): Filter {
  const values = valuesOf(req, name);
  return (record) => values.length === 0 || values.some((value) => accepts(value, record));
}

function valuesOf(req: Request, name: string): string[] {
  const given = req.query[name];
  const list = Array.isArray(given) ? given : [given];
  return list.filter((value) => typeof value === "string");
}

function atPath(req: Request): (value: string, record: DataRecord) => boolean {
  const whole = req.query.filePathMatchMode === "FULL_CASE_INSENSITIVE";
  return (value, { path }) => {
    const [wanted, actual] = [value.toLowerCase(), path.toLowerCase()];
    return whole ? actual === wanted : actual.startsWith(wanted);
  };
}

/** Compares the creation time with the given time. */
function created(req: Request, name: string, accepts: (time: number, limit: number) => boolean): Filter {
  const [limit] = valuesOf(req, name);
  return ({ timeCreated }) => limit === undefined || accepts(Date.parse(timeCreated), Date.parse(limit));
}

/** The three documented modes for tags and names. The default mode is undocumented; EXACT here. */
function matched(req: Request, name: string, textsOf: (record: DataRecord) => readonly string[]): Filter {
  const values = valuesOf(req, name);
  const exact: Filter = (record) => values.some((value) => textsOf(record).includes(value));
  const fuzzy: Filter = (record) =>
    values.some((value) => textsOf(record).some((text) => text.toLowerCase().includes(value.toLowerCase())));
  if (values.length === 0) {
    return () => true;
  }
  switch (req.query[`${name}MatchMode`]) {
    case "FUZZY":
      return fuzzy;
    case "EXCLUDE":
      return (record) => !exact(record);
    default:
      return exact;
  }
}

function parentOf(path: string): string {
  return path.replace(/(?<![^/])[^/]+\/?$/, "");
}

const sortKeys: Readonly<Record<string, (record: DataRecord) => string | number>> = {
  timeCreated: ({ timeCreated }) => timeCreated,
  timeModified: ({ timeModified }) => timeModified,
  name: ({ name }) => name,
  path: ({ path }) => path,
  fileSizeInBytes: ({ sizeInBytes }) => sizeInBytes ?? 0,
  status: ({ status }) => status,
  format: ({ formatCode }) => formatCode ?? "",
  dataType: ({ type }) => type,
};

function sorted(req: Request, rows: readonly DataRecord[]): readonly DataRecord[] {
  const { sort } = req.query;
  if (typeof sort !== "string") {
    return rows;
  }
  const orders = sort.split(",").map((part) => {
    const [name = "", direction = "asc"] = part.trim().split(/ +/);
    const key = sortKeys[name];
    if (key === undefined || !["asc", "desc"].includes(direction)) {
      throw badRequest(`The emulator cannot sort data by "${part.trim()}".`, { parameters: { sort: "is not valid" } });
    }
    return { key, sign: direction === "asc" ? 1 : -1 };
  });
  return [...rows].sort((a, b) => {
    for (const { key, sign } of orders) {
      const [left, right] = [key(a), key(b)];
      if (left !== right) {
        return left < right ? -sign : sign;
      }
    }
    return 0;
  });
}
