import type { IncomingMessage, ServerResponse } from "node:http";
import type { Express } from "express";
import { restPath } from "../http/validation";
import { Faults } from "./faults";
import { type Expiring, happen, type Struck } from "./happen";
import { faultsApp, faultsPath } from "./routes";

/** Runs before the REST calls and the object store, and applies injected faults to their requests. */
export class FaultGate {
  readonly #faults = new Faults();
  readonly #orders: Express;
  readonly #expiring: Expiring;

  constructor(expiring: Expiring, log: (line: string) => void) {
    this.#orders = faultsApp(this.#faults, expiring.auth, log);
    this.#expiring = expiring;
  }

  /** Handles a call that injects, lists or clears faults. Returns false for any other request. */
  handle(req: IncomingMessage, res: ServerResponse): boolean {
    const isOrder = req.url === faultsPath;
    if (isOrder) {
      this.#orders(req, res);
    }
    return isOrder;
  }

  /** Carries a request out, or applies the injected fault that matches it. */
  pass(struck: Struck): void {
    const { req, carryOut } = struck;
    const path = (req.url ?? "/").replace(/\?.*$/s, "");
    const call = path.startsWith(`${restPath}/`) ? path.slice(restPath.length) : path;
    const fault = this.#faults.take(req.method ?? "GET", call);
    if (fault === undefined) {
      carryOut();
    } else {
      happen(fault, struck, this.#expiring);
    }
  }
}
