import type { z } from "zod";
import { nameOf, type Observed, type Step, typeOf } from "../observed";
import type { operation } from "./parts";
import type { Resource } from "./report";
import { within } from "./values";

export type Operation = z.infer<typeof operation>;

export const imageType = "pulumi-nodejs:dynamic/ica:BenchImage";
export const workspaceType = "pulumi-nodejs:dynamic/ica:Workspace";

export function resourceOf(urn: string, type = typeOf(urn)): Resource {
  return { urn: within(urn), type: within(type), name: within(nameOf(urn)) };
}

/** A step that a reader cares about, under the name of what happens to the resource. */
export interface Happening {
  readonly op: Operation;
  readonly step: Step;
}

/**
 * What happens to each resource. A replacement has several steps (`create-replacement`, `replace`, `delete-replaced`): the
 * one in the middle stands for all.
 */
export function happeningsOf({ steps }: Pick<Observed, "steps">): Happening[] {
  return steps.flatMap((step): Happening[] => {
    const op = operationOf(step);
    return op === undefined ? [] : [{ op, step }];
  });
}

function operationOf({ op, before }: Step): Operation | undefined {
  switch (op) {
    case "create":
    case "update":
    case "replace":
    case "import":
    case "read":
      return op;
    case "import-replacement":
      return "import";
    case "delete":
      return before?.retainOnDelete === true ? "forget" : "delete";
    default:
      return undefined;
  }
}
