import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import { cut } from "../../../provider/error-message";
import { fromEngine, isKnown } from "../../../provider/inputs/unknown";
import type { Properties, Side, Step } from "../observed";
import { type fieldChange, longestText } from "./parts";

export type FieldChange = z.infer<typeof fieldChange>;

/** How Pulumi marks a secret among other values, and what its digest shows in its place. */
const secretMark = "4dabf18193072939515e22adb298388d";
const secretWord = "[secret]";

/** Longest value in a report, in characters: enough to tell two values apart. */
const longestValue = 500;

export function isSecret(value: unknown): boolean {
  if (value === secretWord) {
    return true;
  }
  if (typeof value !== "object" || value === null) {
    return false;
  }
  return secretMark in value || Object.values(value).some(isSecret);
}

/** A value as text: strings as they are, the rest as JSON. Undefined for no value, a secret and an unknown one. */
export function valueText(value: unknown): string | undefined {
  if (value === undefined || value === null || isSecret(value) || !isKnown(fromEngine(value))) {
    return undefined;
  }
  return cut(typeof value === "string" ? value : JSON.stringify(value), longestValue);
}

/** A text within the limit of the report. */
export function within(text: string): string {
  return cut(text, longestText);
}

/** What changes in one input. */
export function changeOf(field: string, before: unknown, after: unknown): FieldChange {
  if (isSecret(before) || isSecret(after)) {
    return { field: within(field), secret: true };
  }
  const [old, next] = [valueText(before), valueText(after)];
  return {
    field: within(field),
    ...(old === undefined ? {} : { before: old }),
    ...(next === undefined ? {} : { after: next }),
    ...(!isKnown(fromEngine(after)) ? { unknown: true as const } : {}),
  };
}

/** A property of a resource. An object has more than its own: a resource may have a property `constructor`, or none. */
export function propertyOf(properties: Properties | undefined, name: string): unknown {
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/** Names of the inputs that differ, without those that Pulumi and the SDK add for themselves. */
export function differing(before: Properties, after: Properties): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const differs = (name: string) => !isDeepStrictEqual(propertyOf(before, name), propertyOf(after, name));
  return [...names].filter((name) => isShown(name) && differs(name)).sort();
}

function isShown(name: string): boolean {
  return !name.startsWith("__");
}

/** The inputs that a step changes: those that differ, and those that the engine names, whose values may be hidden. */
export function changesOf({ before, after, fields }: Pick<Step, "before" | "after" | "fields">): FieldChange[] {
  if (before === undefined || after === undefined) {
    return [];
  }
  const named = fields.filter((name) => isShown(name) && isInput(name, before, after));
  const names = [...new Set([...differing(before.inputs, after.inputs), ...named])].sort();
  return names.map((name) => changeOf(name, propertyOf(before.inputs, name), propertyOf(after.inputs, name)));
}

function isInput(name: string, before: Side, after: Side): boolean {
  return Object.hasOwn(before.inputs, name) || Object.hasOwn(after.inputs, name);
}

/** A text of a resource's properties; undefined when it is not one, or not known, or secret. */
export function textOf(properties: Properties | undefined, name: string): string | undefined {
  const value = propertyOf(properties, name);
  return typeof value === "string" ? valueText(value) : undefined;
}

export function numberOf(properties: Properties | undefined, name: string): number | undefined {
  const value = propertyOf(properties, name);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The texts of a list among the properties. */
export function textsOf(properties: Properties | undefined, name: string): string[] {
  const value = propertyOf(properties, name);
  if (!Array.isArray(value) || isSecret(value)) {
    return [];
  }
  return value.filter((one): one is string => typeof one === "string").flatMap((one) => valueText(one) ?? []);
}
