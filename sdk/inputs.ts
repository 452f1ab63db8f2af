import type * as pulumi from "@pulumi/pulumi";

/** Values that may be known later only: what a function's Output form takes. Each alternative of a union keeps its own fields. */
export type Inputs<T> = T extends unknown ? { [K in keyof T]: pulumi.Input<NonNullable<T[K]>> } : never;
