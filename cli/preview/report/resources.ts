import type { z } from "zod";
import { dynamicType, type Kind, pluginType } from "../../../sdk/machinery/type-token";
import { nameOf, type Observed, type Step, typeOf } from "../observed";
import type { operation } from "./parts";
import type { Resource } from "./report";
import { within } from "./values";

export type Operation = z.infer<typeof operation>;

/** Whether a type is that of an image: of a dynamic resource, or of one that the plugin serves. */
export function isImage(type: string): boolean {
  return isOf("BenchImage", type);
}

export function isWorkspace(type: string): boolean {
  return isOf("Workspace", type);
}

function isOf(kind: Kind, type: string): boolean {
  return type === dynamicType(kind) || type === pluginType(kind);
}

export function resourceOf(urn: string, type = typeOf(urn)): Resource {
  return { urn: within(urn), type: within(type), name: within(nameOf(urn)) };
}

/** A step that a reader cares about, under the name of what happens to the resource. */
export interface Happening {
  readonly op: Operation;
  readonly step: Step;
  /** Whether an earlier `pulumi up` put another resource in its place, and failed before it deleted this one. */
  readonly isLeftOver: boolean;
}

/**
 * What happens to each resource. A replacement has several steps (`create-replacement` or `import-replacement`, `replace`, `delete-replaced`): the
 * one in the middle stands for all. A `delete-replaced` that belongs to none is the end of an earlier replacement.
 */
export function happeningsOf({ steps }: Pick<Observed, "steps">): Happening[] {
  const key = ({ urn, before }: Step) => JSON.stringify([urn, before?.id]);
  const replacements = steps.filter(({ op }) => op === "replace");
  const replaced = new Set(replacements.map(key));
  const replacedUrns = new Set(replacements.map(({ urn }) => urn));
  return steps.flatMap((step): Happening[] => {
    if (step.op === "import-replacement" && replacedUrns.has(step.urn)) {
      return [];
    }
    const isLeftOver = step.op === "delete-replaced" && !replaced.has(key(step));
    const op = operationOf(isLeftOver ? { ...step, op: "delete" } : step);
    return op === undefined ? [] : [{ op, step, isLeftOver }];
  });
}

function operationOf({ op, before }: Pick<Step, "op" | "before">): Operation | undefined {
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
