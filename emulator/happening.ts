/** A request that was answered, or was not. */
export interface CallHappening {
  readonly kind: "call";
  readonly time: string;
  readonly method: string;
  /** Without the query: signatures and tokens of the object store stand there. */
  readonly path: string;
  /** Undefined when the connection ended before the answer did. */
  readonly status?: number;
  /** Milliseconds from the request to the end of the answer. */
  readonly ms: number;
  /** Why it failed, in the words of the answer; there is one for every answer from 400 on. */
  readonly fault?: string;
}

/** A line of the emulator's own log. */
export interface LineHappening {
  readonly kind: "line";
  readonly time: string;
  readonly text: string;
}

/** Something that happened in the emulator. `id` counts up from 1. */
export type Happening = { readonly id: number } & (CallHappening | LineHappening);
