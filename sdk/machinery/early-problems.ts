import * as pulumi from "@pulumi/pulumi";
import type { Kind } from "./type-token";
import { warn } from "./warn";

type Judge = typeof import("../../provider/value-problems");

/** How many resources of this package a program has declared so far, and the problems of the first one. */
interface Declared {
  resources: number;
  held: readonly string[];
}

/** One entry for each stack, since one process may run several programs (Automation API). */
const programs = new WeakMap<object, Declared>();
const outsideOfStack = {};

/**
 * Warns about a resource's invalid values as soon as the program declares it. The engine checks one resource at a time and
 * ends at the first that fails, so users would see the problems of the other resources one preview at a time. This is only a
 * warning: a transformation may still correct the values, and the provider decides whether they are valid. If the program
 * has only one resource, the engine reports all its problems, so this function does not.
 */
export function tellEarly(kind: Kind, name: string, args: Readonly<Record<string, unknown>>): void {
  const { unknownValue, valueProblems } = require("../../provider/value-problems") as Judge;
  const known = (value: unknown): unknown => {
    if (Array.isArray(value)) {
      return value.map(known);
    }
    if (typeof value !== "object" || value === null) {
      return value;
    }
    if (Object.getPrototypeOf(value) !== Object.prototype) {
      return unknownValue;
    }
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
  if (declared.resources > 1) {
    for (const problem of problems) {
      warn(problem);
    }
  }
}
