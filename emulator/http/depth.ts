import type { RequestHandler } from "express";
import { badRequest } from "./problem";

/** Far deeper than any documented body, and far less than the recursion limit. */
const deepest = 100;

/** Refuses bodies so deeply nested that a recursive function would run out of stack. */
export const boundedDepth: RequestHandler = (req, _res, next) => {
  let level: unknown[] = [req.body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) {
      throw badRequest(`The body is nested more than ${deepest} levels deep.`);
    }
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
  next();
};
