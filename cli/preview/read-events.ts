import { z } from "zod";
import { deepestJson, isTooDeep } from "../../provider/bytes/json-depth";
import {
  type Diagnostic,
  isMachinery,
  type Observed,
  plainText,
  type Refreshed,
  type Step,
  type Violation,
} from "./observed";
import { fieldOf, names, side, sideOf } from "./read-digest";

/** Gathers the engine's events while a preview runs. Keeps only what the report needs: most events are debug lines. */

const metadata = z.looseObject({
  op: z.string(),
  urn: z.string(),
  type: z.string(),
  old: side,
  new: side,
  keys: names,
  diffs: names,
  detailedDiff: z.record(z.string(), z.unknown()).nullish(),
});

const event = z.looseObject({
  resourcePreEvent: z.looseObject({ metadata }).optional(),
  resOutputsEvent: z.looseObject({ metadata }).optional(),
  diagnosticEvent: z.looseObject({ urn: z.string().nullish(), message: z.string(), severity: z.string() }).optional(),
  policyEvent: z
    .looseObject({
      resourceUrn: z.string().nullish(),
      message: z.string(),
      policyName: z.string(),
      policyPackName: z.string(),
      enforcementLevel: z.string(),
    })
    .optional(),
  summaryEvent: z.looseObject({ resourceChanges: z.record(z.string(), z.number()).nullish() }).optional(),
});

export class Events {
  readonly #steps = new Map<string, Step>();
  readonly #refreshed: Refreshed[] = [];
  readonly #diagnostics: Diagnostic[] = [];
  readonly #violations: Violation[] = [];
  #same: number | undefined;
  #isTooDeep = false;

  /** Takes one event. An event of an unknown shape, perhaps of a newer engine, is left out. */
  add(raw: unknown): void {
    if (!isOfInterest(raw)) {
      return;
    }
    if (isTooDeep(raw)) {
      this.#isTooDeep = true;
      return;
    }
    const { success, data } = event.safeParse(raw);
    if (!success) {
      return;
    }
    const { resourcePreEvent, resOutputsEvent, diagnosticEvent, policyEvent, summaryEvent } = data;
    if (resourcePreEvent !== undefined) {
      this.#step(resourcePreEvent.metadata);
    }
    if (resOutputsEvent !== undefined) {
      this.#outputs(resOutputsEvent.metadata);
    }
    if (diagnosticEvent !== undefined) {
      this.#diagnostic(diagnosticEvent);
    }
    if (policyEvent !== undefined) {
      this.#violations.push({
        urn: policyEvent.resourceUrn || undefined,
        pack: policyEvent.policyPackName,
        policy: policyEvent.policyName,
        isMandatory: policyEvent.enforcementLevel === "mandatory",
        message: plainText(policyEvent.message),
      });
    }
    if (summaryEvent !== undefined) {
      this.#same = summaryEvent.resourceChanges?.same ?? 0;
    }
  }

  /**
   * Everything that was seen. `hasFailed` and `error` are how the command itself ended. Throws when values of a resource are
   * nested too deep for a report.
   */
  observed({ isRefreshed, hasFailed, error, inState }: Ended): Observed {
    if (this.#isTooDeep) {
      throw new Error(`A resource of the preview has more than ${deepestJson} levels of values`);
    }
    const steps = [...this.#steps.values()];
    const hasError = this.#diagnostics.some(({ severity }) => severity === "error");
    const isMandatory = this.#violations.some((violation) => violation.isMandatory);
    const only = hasFailed && !hasError && !isMandatory && error !== undefined && error !== "";
    const listed = steps.filter(({ op, urn, type }) => op === "same" && !isMachinery(urn, type)).length;
    return {
      steps,
      refreshed: this.#refreshed,
      isRefreshed,
      diagnostics: only ? [...this.#diagnostics, { severity: "error", message: plainText(error) }] : this.#diagnostics,
      violations: this.#violations,
      unchanged: this.#same === undefined && hasFailed ? undefined : listed,
      hasFailed,
      inState,
    };
  }

  #step({ op, urn, type, ...raw }: z.infer<typeof metadata>): void {
    if (op === "refresh") {
      return;
    }
    const fields = [...(raw.keys ?? []), ...(raw.diffs ?? []), ...Object.keys(raw.detailedDiff ?? {})].map(fieldOf);
    const step = { op, urn, type, before: sideOf(raw.old), after: sideOf(raw.new), fields: [...new Set(fields)] };
    // One resource may have several steps, such as the three of a replacement, and one URN several resources.
    this.#steps.set(JSON.stringify([op, urn, step.before?.id]), step);
  }

  #outputs({ op, urn, type, ...raw }: z.infer<typeof metadata>): void {
    const before = sideOf(raw.old);
    if (op === "refresh" && before !== undefined) {
      this.#refreshed.push({ urn, type, before, after: sideOf(raw.new) });
    }
  }

  #diagnostic({
    urn,
    message,
    severity,
  }: {
    urn?: string | null | undefined;
    message: string;
    severity: string;
  }): void {
    if (severity !== "warning" && severity !== "error") {
      return;
    }
    this.#diagnostics.push({ severity, message: plainText(message), ...(urn ? { urn } : {}) });
  }
}

/** Most events are debug lines, or repeat a step after it is done. Looking at all of their values would take most of the time. */
function isOfInterest(raw: unknown): boolean {
  const severity = partOf(partOf(raw, "diagnosticEvent"), "severity");
  if (severity !== undefined) {
    return severity === "warning" || severity === "error";
  }
  const op = partOf(partOf(partOf(raw, "resOutputsEvent"), "metadata"), "op");
  return op === undefined || op === "refresh";
}

function partOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

interface Ended {
  readonly isRefreshed: boolean;
  readonly hasFailed: boolean;
  readonly error?: string | undefined;
  readonly inState?: readonly string[] | undefined;
}
