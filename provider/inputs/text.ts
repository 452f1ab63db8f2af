import { z } from "zod";

/**
 * Texts that a program declares: names, versions, descriptions, ids, paths. They reach ICA, terminals, file names, command lines and
 * logs, so what a person cannot see has no place in them. Lengths are in UTF-16 code units, the stricter way to count.
 */

/** A join within an emoji, as in a family of several people. */
const joinedEmoji = /(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\uFE0F)\u200D(?=\p{Extended_Pictographic})/gu;
/** Control characters, line breaks, half characters, changes of direction, and all else that is drawn as nothing. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
/** Says how the character before it is drawn. */
const variation = /\p{Variation_Selector}/gu;
const visible = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{M}\u2800]/u;

/** The first character of a text that a person cannot see, as U+001B; undefined where there is none. */
export function unseenCharacter(text: string): string | undefined {
  const [found] = unseen.exec(text.replace(joinedEmoji, "").replace(variation, "")) ?? [];
  return found === undefined
    ? undefined
    : `U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

const seen = z.string().check(({ value, issues }) => {
  const character = unseenCharacter(value);
  if (character === undefined) return;
  const message = `must not hold the character ${character}, which a person cannot see`;
  issues.push({ code: "custom", message, input: value });
});

const atMost = (max: number) => ({ error: `must have at most ${max} characters` });

/** One line that may be empty. */
export const line = (max: number) => seen.max(max, atMost(max));

/** One line that shows something, without spaces around it, of at most 255 characters. */
export const label = line(255)
  .refine((text) => text === "" || visible.test(text), { error: "must not be blank" })
  .refine((text) => text === text.trim(), { error: "must not start or end with a space" })
  .min(1, { error: "must not be empty" });

/** An id that ICA gave, such as a UUID: it becomes part of a call's path. */
export const idOf = (what: string) =>
  z
    .string()
    .min(1, { error: "must not be empty" })
    .max(255, atMost(255))
    .regex(/^$|^[\w-][\w.:-]*$/, {
      error: `must be the id of ${what}: letters, digits, dashes, dots, colons and underscores`,
    });

/** Text without spaces, such as a reference of an image. */
export const word = line(1024)
  .refine((text) => !/\s/.test(text), { error: "must not hold spaces" })
  .min(1, { error: "must not be empty" });

/** A path of this machine. Line breaks and the like are possible in file names, and are a mistake in a program. */
export const localPath = line(4096).min(1, { error: "must not be empty" });

/** A value that is handed on as it is, of one or more lines. No process takes a NUL, nor an argument of 128 KiB (Linux). */
export const value = z
  .string()
  .max(100_000, atMost(100_000))
  .refine((text) => !text.includes("\0"), { error: "must not hold the character U+0000" });
