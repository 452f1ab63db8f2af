import type { z } from "zod";
import type { RebuildReason } from "../../../provider/preview-facts";
import type { Facts } from "../facts";
import type { Properties, Side, Step } from "../observed";
import type { click } from "./parts";
import type { ImageChange } from "./report";
import { type Happening, type Operation, resourceOf } from "./resources";
import { changesOf, isSecret, numberOf, textOf, textsOf } from "./values";

type Click = z.infer<typeof click>;

/** Fields that the report says in its own way. */
const saidElsewhere = ["version", "contextHash", "regions", "build"];

export function imageChange({ op, step }: Happening, facts: Facts): ImageChange {
  const { urn, type, before, after } = step;
  const name = textOf(after?.inputs, "name") ?? textOf(before?.inputs, "name");
  const version = { before: textOf(before?.inputs, "version"), after: textOf(after?.inputs, "version") };
  const size = numberOf(before?.outputs, "archiveSize");
  return {
    resource: resourceOf(urn, type),
    op,
    ...(name === undefined ? {} : { name }),
    version,
    reasons: op === "replace" ? reasonsOf(step, facts) : [],
    ...(size === undefined ? {} : { archiveBytes: size }),
    upload: uploadOf(op, after, facts.isPublished(urn)),
    regions: { before: regionsOf(before), after: after === undefined ? [] : regionsAfter(before, after) },
    changes: changesOf(step).filter(({ field }) => !saidElsewhere.includes(field)),
  };
}

/** Why new content is published, as the provider said it. Without the provider's word the files are not known. */
function reasonsOf({ urn, before, after }: Step, facts: Facts): RebuildReason[] {
  const said = facts.rebuild(urn);
  if (said !== undefined) {
    return [...said];
  }
  return before?.inputs.contextHash === after?.inputs.contextHash ? [] : [{ kind: "notHere" }];
}

function uploadOf(op: Operation, after: Side | undefined, isPublished: boolean | undefined): ImageChange["upload"] {
  if ((op !== "create" && op !== "replace") || textOf(after?.inputs, "existingId") !== undefined) {
    return "none";
  }
  if (isPublished === undefined) {
    return "unknown";
  }
  return isPublished ? "none" : "expected";
}

/** The declared regions, or those that the image has. */
function regionsOf(side: Side | undefined): string[] {
  const declared = textsOf(side?.inputs, "regions");
  if (declared.length > 0) {
    return declared;
  }
  const urls = side?.outputs.urls;
  return typeof urls === "object" && urls !== null && !isSecret(urls) ? Object.keys(urls).sort() : [];
}

/** Without a declaration an image stays in its regions, and a new one goes where the project is. */
function regionsAfter(before: Side | undefined, after: Side): string[] {
  const declared = regionsOf(after);
  return declared.length > 0 ? declared : regionsOf(before);
}

/** Settings whose value in ICA differs from the declared one. ICA's API cannot set them. */
export function clicksOf({ urn, type, before, after }: Step): Click[] {
  const declared = object(after?.inputs.access);
  const reported = object(before?.outputs.benchSettings);
  const wanted = { web: declared.web, console: declared.console, clusterCompatible: after?.inputs.clusterCompatible };
  return (["web", "console", "clusterCompatible"] as const).flatMap((setting): Click[] => {
    const [want, is] = [wanted[setting], reported[setting]];
    if (typeof want !== "boolean" || typeof is !== "boolean" || want === is) {
      return [];
    }
    return [{ resource: resourceOf(urn, type), setting, declared: want, reported: is }];
  });
}

function object(value: unknown): Properties {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
