import type { RequestHandler } from "express";
import { badRequest } from "./problem";

/** Far more than any documented body has, and far less than a recursive function can take. */
const DEEPEST = 100;

/** Refuses bodies that are nested so deeply that whoever walks through them would run out of stack. */
export const boundedDepth: RequestHandler = (req, _res, next) => {
  let level: unknown[] = [req.body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) {
      throw badRequest(`The body is nested more than ${DEEPEST} levels deep.`);
    }
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
  next();
};
