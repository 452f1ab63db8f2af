import { z } from "zod";

/** What one step of an image's making added. */
export interface ImageLayer {
  /** The instruction, without the values of build arguments. */
  readonly madeBy: string;
  readonly bytes: number;
}

const step = z.object({ CreatedBy: z.string(), Size: z.coerce.number() });

/** Reads what `docker image history` tells, a JSON object a line, the newest first. Gives the base first. */
export function parseHistory(text: string): ImageLayer[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => step.parse(JSON.parse(line)))
    .map(({ CreatedBy, Size }) => ({ madeBy: instructionOf(CreatedBy), bytes: Size }))
    .reverse();
}

/**
 * `RUN |2 TOKEN=… A=b /bin/sh -c make # buildkit` → `RUN make`. The values of arguments may be secrets, so of such a line only
 * what follows the last shell is taken.
 */
export function instructionOf(createdBy: string): string {
  const text = createdBy
    .replace(/\s# buildkit$/, "")
    .replace(/\s+/g, " ")
    .trim();
  const shell = String.raw`\/\S+(?: (?:-\S+|pipefail))* -c `;
  if (/^(?:RUN )?\|\d+ /.test(text)) return `RUN ${new RegExp(`^.* ${shell}(.*)$`).exec(text)?.[1] ?? "…"}`;
  const command = new RegExp(`^(?:RUN )?${shell}(.*)$`).exec(text)?.[1];
  if (command === undefined) return text === "" ? "the base image" : text;
  return /^#\(nop\) +(.*)$/.exec(command)?.[1] ?? `RUN ${command}`;
}
