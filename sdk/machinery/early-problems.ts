import * as pulumi from "@pulumi/pulumi";
import type { Kind } from "./machinery";
import { warn } from "./warn";

type Judge = typeof import("../../provider/value-problems");

/** How many resources of this package a program has declared so far, and what is wrong with the first of them. */
interface Declared {
  resources: number;
  held: readonly string[];
}

/** By the stack, since one process may run several programs (Automation API). */
const programs = new WeakMap<object, Declared>();
const outsideOfStack = {};

/**
 * Says what is wrong with the values of a resource as soon as it is declared. The engine checks one resource at a time and ends at the
 * first that is refused, so the problems of all others would come to light one preview after another. It is a warning only: a
 * transformation may still mend the values, and whether they are right is decided by the provider. The only resource of a program has
 * all its problems told by the engine.
 */
export function tellEarly(kind: Kind, name: string, args: Readonly<Record<string, unknown>>): void {
  const { unknownValue, valueProblems } = require("../../provider/value-problems") as Judge;
  const known = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(known);
    if (typeof value !== "object" || value === null) return value;
    if (Object.getPrototypeOf(value) !== Object.prototype) return unknownValue;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, known(inner)]));
  };
  const values = Object.fromEntries(Object.entries(args).map(([key, value]) => [key, known(value)]));
  const stack = pulumi.runtime.getStackResource() ?? outsideOfStack;
  const declared = programs.get(stack) ?? { resources: 0, held: [] };
  programs.set(stack, declared);
  declared.resources++;
  const found = valueProblems(kind, values).map(({ property, reason }) => `${kind} ${name}: ${property}: ${reason}`);
  const problems = [...declared.held, ...found];
  declared.held = declared.resources === 1 ? problems : [];
  if (declared.resources > 1) for (const problem of problems) warn(problem);
}
