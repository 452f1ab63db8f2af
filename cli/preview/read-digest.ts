import { z } from "zod";
import { deepestJson, isTooDeep } from "../../provider/bytes/json-depth";
import {
  type Diagnostic,
  isMachinery,
  type Observed,
  plainText,
  type Refreshed,
  type Side,
  type Step,
} from "./observed";

/**
 * Reads a digest of `pulumi preview --json`. The program's own output, and the engine's warnings, may stand before the JSON.
 */

const properties = z.record(z.string(), z.unknown()).nullish();

/** A resource before or after a step, in a digest and in an event alike. */
export const side = z
  .looseObject({
    id: z.string().nullish(),
    inputs: properties,
    outputs: properties,
    retainOnDelete: z.boolean().nullish(),
  })
  .nullish();

export const names = z.array(z.string()).nullish();

const rawStep = z.looseObject({
  op: z.string(),
  urn: z.string(),
  oldState: side,
  newState: side,
  diffReasons: names,
  replaceReasons: names,
  detailedDiff: z.record(z.string(), z.unknown()).nullish(),
});

const digest = z.looseObject({
  steps: z.array(rawStep).nullish(),
  diagnostics: z
    .array(z.looseObject({ urn: z.string().nullish(), message: z.string().nullish(), severity: z.string().nullish() }))
    .nullish(),
  changeSummary: z.record(z.string(), z.number()).nullish(),
  maybeCorrupt: z.boolean().nullish(),
});

/** The text of a file. PowerShell's `>` writes UTF-16, and others put a mark before UTF-8. */
export function digestText(bytes: Uint8Array): string {
  const mark = Buffer.from(bytes.subarray(0, 2)).toString("hex");
  const encoding = mark === "fffe" ? "utf-16le" : mark === "feff" ? "utf-16be" : "utf-8";
  // The decoder leaves the mark out.
  return new TextDecoder(encoding).decode(bytes);
}

/** Throws an error that says what is missing when there is no digest in the text. */
export function readDigest(text: string): Observed {
  const found = digestIn(text);
  if (found === undefined) {
    throw new Error(
      "There is no digest of a preview in this text. Make one with: pulumi preview --json. " +
        (text.trim() === "" ? "The text is empty." : `It starts with ${JSON.stringify(text.trim().slice(0, 80))}`),
    );
  }
  const { before, data } = found;
  if (isTooDeep(data)) {
    throw new Error(`The digest of the preview has more than ${deepestJson} levels of values`);
  }
  const all = (data.steps ?? []).map(stepOf);
  const steps = all.filter(({ op }) => op !== "refresh");
  const diagnostics = (data.diagnostics ?? []).flatMap(diagnosticOf);
  const isComplete = data.changeSummary != null;
  const hasFailed = !isComplete || diagnostics.some(({ severity }) => severity === "error");
  // Errors before the engine starts are plain text.
  const early = isComplete || diagnostics.some(({ severity }) => severity === "error") ? "" : plainText(before);
  return {
    steps,
    refreshed: refreshedOf(all),
    isRefreshed: all.some(({ op }) => op === "refresh"),
    diagnostics: early === "" ? diagnostics : [...diagnostics, { severity: "error", message: early }],
    violations: [],
    unchanged: unchangedOf(steps, data.changeSummary ?? undefined),
    hasFailed,
  };
}

/**
 * Each `{` at the start of a line may start the digest: the last that reads as one does. The program prints before it, and
 * what runs after the preview may print behind it, in the same file.
 */
function digestIn(text: string): { before: string; data: z.infer<typeof digest> } | undefined {
  const starts = [...text.matchAll(/^\{/gm)].map(({ index }) => index);
  // There may be a lot of lines that start with a brace.
  for (const start of starts.slice(-200).reverse()) {
    for (const end of endsAfter(start, text)) {
      const { success, data } = digest.safeParse(json(text.slice(start, end)));
      if (success && ("steps" in data || "diagnostics" in data || "changeSummary" in data)) {
        return { before: text.slice(0, start), data };
      }
    }
  }
  return undefined;
}

/** Where JSON that starts here may end: at the first line that starts with a brace, with its own line, or with the text. */
function endsAfter(start: number, text: string): number[] {
  const lineEnd = text.indexOf("\n", start);
  const line = lineEnd < 0 ? text.length : lineEnd;
  const closing = text.indexOf("\n}", start);
  return [...(closing < 0 ? [] : [closing + 2]), line, text.lastIndexOf("}") + 1];
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type RawSide = z.infer<typeof side>;

export function sideOf(raw: RawSide): Side | undefined {
  if (raw == null) {
    return undefined;
  }
  const { id, inputs, outputs, retainOnDelete } = raw;
  return {
    ...(id == null ? {} : { id }),
    inputs: inputs ?? {},
    outputs: outputs ?? {},
    retainOnDelete: retainOnDelete === true,
  };
}

/** The first part of a property path: `allowedUrls` of `allowedUrls[0]`. */
export function fieldOf(path: string): string {
  return path.split(/[.[]/, 1)[0] || path;
}

function stepOf(raw: z.infer<typeof rawStep>): Step {
  const { op, urn, oldState, newState, diffReasons, replaceReasons, detailedDiff } = raw;
  const fields = [...(diffReasons ?? []), ...(replaceReasons ?? []), ...Object.keys(detailedDiff ?? {})].map(fieldOf);
  const type = z
    .string()
    .catch("")
    .parse(newState?.type ?? oldState?.type);
  return { op, urn, type, before: sideOf(oldState), after: sideOf(newState), fields: [...new Set(fields)] };
}

function diagnosticOf({
  urn,
  message,
  severity,
}: {
  urn?: unknown;
  message?: unknown;
  severity?: unknown;
}): Diagnostic[] {
  if (typeof message !== "string" || (severity !== "warning" && severity !== "error")) {
    return [];
  }
  return [{ severity, message: plainText(message), ...(typeof urn === "string" && urn !== "" ? { urn } : {}) }];
}

/**
 * The digest's refresh step has the old values on both sides. What the refresh found is what the next step of the same
 * resource starts from. A resource that is created afterwards was gone.
 */
function refreshedOf(all: readonly Step[]): Refreshed[] {
  const next = new Map(all.filter(({ op }) => op !== "refresh").map((step) => [step.urn, step]));
  return all.flatMap(({ op, urn, type, before }): Refreshed[] => {
    if (op !== "refresh" || before === undefined) {
      return [];
    }
    const step = next.get(urn);
    if (step === undefined) {
      return [{ urn, type, before, after: before }];
    }
    return [{ urn, type, before, ...(step.op === "create" ? {} : { after: step.before }) }];
  });
}

function unchangedOf(
  steps: readonly Step[],
  summary: Readonly<Record<string, number>> | undefined,
): number | undefined {
  const listed = steps.filter(({ op, urn, type }) => op === "same" && !isMachinery(urn, type)).length;
  if (summary === undefined) {
    return undefined;
  }
  const stack = steps.some(({ op, type }) => op === "same" && type === "pulumi:pulumi:Stack") ? 1 : 0;
  return Math.max(listed, (summary.same ?? 0) - stack);
}
