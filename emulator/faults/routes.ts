import express, { type Express } from "express";
import { type Auth, requireUserKey } from "../http/auth";
import { badRequest, problemHandler, unknownPath } from "../http/problem";
import type { Faults } from "./faults";
import { faultOrder } from "./order";

/** The path for injecting faults. ICA has no such call. */
export const faultsPath = "/emulator/faults";

/**
 * POST injects a fault, GET lists the faults, DELETE clears them. Requires the API key, in a header that another web
 * site cannot send.
 */
export function faultsApp(faults: Faults, auth: Auth, log: (line: string) => void): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use((req, _res, next) => {
    requireUserKey(auth, req);
    next();
  });
  app.post(faultsPath, express.json({ limit: "64kb", type: () => true }), (req, res) => {
    const wanted = faultOrder.safeParse(req.body);
    if (!wanted.success) {
      const problems = wanted.error.issues.map(({ path, message }) => [path.join(".") || "body", message] as const);
      throw badRequest(`This is no fault to order: ${problems.map(([at, why]) => `${at}: ${why}`).join("; ")}.`, {
        parameters: Object.fromEntries(problems),
      });
    }
    res.status(201).json(faults.order(wanted.data));
  });
  app.get(faultsPath, (_req, res) => {
    res.json({ items: faults.list() });
  });
  app.delete(faultsPath, (_req, res) => {
    faults.clear();
    res.status(204).end();
  });
  app.use(unknownPath);
  app.use(problemHandler(log));
  return app;
}
