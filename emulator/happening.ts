/** A request, answered or not. */
export interface CallHappening {
  readonly kind: "call";
  readonly time: string;
  readonly method: string;
  /** Without the query, which holds signatures and tokens of the object store. */
  readonly path: string;
  /** Undefined when the connection ended before the answer. */
  readonly status?: number;
  /** Milliseconds from the request to the end of the answer. */
  readonly ms: number;
  /** Why the request failed, in the words of the answer. Present for every status from 400 on. */
  readonly fault?: string;
}

/** A line of the emulator's own log. */
export interface LineHappening {
  readonly kind: "line";
  readonly time: string;
  readonly text: string;
}

/** An event in the emulator. `id` counts up from 1. */
export type Happening = { readonly id: number } & (CallHappening | LineHappening);
