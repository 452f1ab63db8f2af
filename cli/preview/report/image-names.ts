import type { Observed, Side } from "../observed";
import { isImage } from "./resources";
import { textOf } from "./values";

/** Name and version of an image by its id: a reader knows an image of the stack by these, and not by its UUID. */
export type ImageNames = ReadonlyMap<string, string>;

/** The images of the stack, the ones that a replacement takes away included. */
export function imageNames({ steps, refreshed }: Pick<Observed, "steps" | "refreshed">): ImageNames {
  const names = new Map<string, string>();
  for (const { before, after } of [...steps, ...refreshed].filter(({ type }) => isImage(type))) {
    for (const side of [before, after]) {
      const id = textOf(side?.outputs, "imageId");
      const name = nameOf(side);
      if (id !== undefined && name !== undefined) {
        names.set(id, name);
      }
    }
  }
  return names;
}

function nameOf(side: Side | undefined): string | undefined {
  const parts = [textOf(side?.inputs, "name"), textOf(side?.inputs, "version")];
  return parts.includes(undefined) ? undefined : parts.join(" ");
}
