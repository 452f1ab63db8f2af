import type { Request } from "express";
import { badRequest } from "./problem";

const defaultSize = 50;
const maxSize = 1000;

/**
 * A page of a list in ICA's form. Cursor paging sets `nextPageToken`; offset paging leaves it empty and sets the total
 * count.
 */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken: string;
  readonly remainingRecords?: number;
  readonly totalItemCount?: number;
}

/** A whole number from the query, for example `pageSize`; 400 when it is not a number or is out of bounds. */
export function wholeNumber(req: Request, name: string, fallback: number, [min, max]: [number, number]): number {
  const text = req.query[name];
  if (text === undefined) {
    return fallback;
  }
  const value = typeof text === "string" && /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw badRequest(`${name} must be a whole number from ${min} to ${max}.`, {
      parameters: { [name]: "is not valid" },
    });
  }
  return value;
}

/**
 * One page of `rows`, by either `pageToken` or `pageOffset`, with `pageSize` rows (default 50, from 1 to 1000; these
 * numbers are the emulator's, because ICA documents none). `rows` must have a stable order. `idOf` identifies a row, so
 * that a cursor neither repeats nor skips rows when others are added or removed.
 */
export function pageOf<T>(req: Request, rows: readonly T[], idOf: (row: T) => string): Page<T> {
  const size = wholeNumber(req, "pageSize", defaultSize, [1, maxSize]);
  const token = req.query.pageToken;
  if (req.query.pageOffset !== undefined) {
    if (token !== undefined) {
      throw badRequest("Use either pageOffset or pageToken, not both.");
    }
    const offset = wholeNumber(req, "pageOffset", 0, [0, 200_000]);
    return { items: rows.slice(offset, offset + size), nextPageToken: "", totalItemCount: rows.length };
  }
  const start = typeof token === "string" && token !== "" ? afterCursor(token, rows, idOf) : 0;
  const items = rows.slice(start, start + size);
  const remaining = rows.length - start - items.length;
  const last = items.at(-1);
  return {
    items,
    nextPageToken: remaining > 0 && last !== undefined ? cursorOf(start + items.length, idOf(last)) : "",
    remainingRecords: remaining,
  };
}

function cursorOf(next: number, lastId: string): string {
  return Buffer.from(JSON.stringify([next, lastId])).toString("base64url");
}

function afterCursor<T>(token: string, rows: readonly T[], idOf: (row: T) => string): number {
  const [next, lastId] = decode(token);
  const at = rows.findIndex((row) => idOf(row) === lastId);
  return at === -1 ? Math.min(next, rows.length) : at + 1;
}

function decode(token: string): [number, string] {
  const refused = badRequest("pageToken is not one that this server gave.", {
    parameters: { pageToken: "is not valid" },
  });
  try {
    const value: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (Array.isArray(value) && typeof value[0] === "number" && typeof value[1] === "string") {
      return [value[0], value[1]];
    }
  } catch (cause) {
    throw badRequest(refused.detail, { parameters: refused.parameters, cause });
  }
  throw refused;
}
