import type * as pulumi from "@pulumi/pulumi";

/**
 * The arguments of a function's Output form, where each value may be an output. Each alternative of a union keeps its own
 * fields.
 */
export type Inputs<T> = T extends unknown ? { [K in keyof T]: pulumi.Input<NonNullable<T[K]>> } : never;
