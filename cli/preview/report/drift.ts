import type { Observed, Refreshed, Step } from "../observed";
import type { Drift } from "./report";
import { isImage, resourceOf } from "./resources";
import { differing, isSecret, propertyOf, valueText } from "./values";

/** Settings of an image that ICA reports and has no call to set: a user puts them back on ICA's page, not `pulumi up`. */
const onlyByClick = ["access", "clusterCompatible", "description"];

/** Manual changes, made outside the stack: how ICA differs from the state before the refresh. */
export function driftOf({ refreshed, steps }: Pick<Observed, "refreshed" | "steps">): Drift[] {
  const final = new Map(steps.map((step) => [step.urn, step]));
  return refreshed.flatMap((found): Drift[] => {
    const fields = fieldsOf(found, final.get(found.urn));
    return fields.length === 0 ? [] : [{ resource: resourceOf(found.urn, found.type), fields }];
  });
}

/** URN and names of the fields that drifted. */
export function driftedFields(found: Refreshed): string[] {
  if (found.after === undefined) {
    return [];
  }
  const fields = differing(found.before.inputs, found.after.inputs);
  return isImage(found.type) ? fields.filter((field) => !onlyByClick.includes(field)) : fields;
}

function fieldsOf(found: Refreshed, step: Step | undefined): Drift["fields"] {
  return driftedFields(found).map((field) => {
    const inIca = propertyOf(found.after?.inputs, field);
    // Where a failed preview did not get to the resource, the last known declaration counts.
    const declared = propertyOf(step === undefined ? found.before.inputs : step.after?.inputs, field);
    const putBack = step === undefined || ["update", "replace"].includes(step.op);
    if ([inIca, declared, propertyOf(found.before.inputs, field)].some(isSecret)) {
      return { field, secret: true, putBack };
    }
    const [now, wanted] = [valueText(inIca), valueText(declared)];
    return {
      field,
      ...(now === undefined ? {} : { inIca: now }),
      ...(wanted === undefined ? {} : { declared: wanted }),
      putBack,
    };
  });
}

/** Resources that were deleted outside the stack. */
export function goneOf({ refreshed }: Pick<Observed, "refreshed">): readonly Refreshed[] {
  return refreshed.filter(({ after }) => after === undefined);
}
