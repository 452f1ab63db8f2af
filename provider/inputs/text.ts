import { z } from "zod";

/**
 * Schemas for strings in a program: names, versions, descriptions, ids, paths. They end up in ICA, terminals, file names,
 * command lines and logs, so invisible characters are refused. Lengths are in UTF-16 code units, the stricter count.
 */

/** A joiner within an emoji, as in a family of several people. */
const joinedEmoji = /(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\uFE0F)\u200D(?=\p{Extended_Pictographic})/gu;
/** Control characters, line breaks, unpaired surrogates, changes of direction, and all other invisible characters. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
/** Selects how the character before it is drawn. */
const variation = /\p{Variation_Selector}/gu;
const visible = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{M}\u2800]/u;

/** The first invisible character of a text, written like U+001B; undefined when there is none. */
export function unseenCharacter(text: string): string | undefined {
  const [found] = unseen.exec(text.replace(joinedEmoji, "").replace(variation, "")) ?? [];
  return found === undefined
    ? undefined
    : `U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

const seen = z.string().check(({ value, issues }) => {
  const character = unseenCharacter(value);
  if (character === undefined) {
    return;
  }
  const message = `must not hold the character ${character}, which a person cannot see`;
  issues.push({ code: "custom", message, input: value });
});

const atMost = (max: number) => ({ error: `must have at most ${max} characters` });

/** One line, possibly empty. */
export const line = (max: number) => seen.max(max, atMost(max));

/** One visible line without spaces around it, of at most 255 characters. */
export const label = line(255)
  .refine((text) => text === "" || visible.test(text), { error: "must not be blank" })
  .refine((text) => text === text.trim(), { error: "must not start or end with a space" })
  .min(1, { error: "must not be empty" });

/** An id from ICA, such as a UUID. It becomes part of a call's path. */
export const idOf = (what: string) =>
  z
    .string()
    .min(1, { error: "must not be empty" })
    .max(255, atMost(255))
    .regex(/^$|^[\w-][\w.:-]*$/, {
      error: `must be the id of ${what}: letters, digits, dashes, dots, colons and underscores`,
    });

/** A string without spaces, such as an image reference. */
export const word = line(1024)
  .refine((text) => !/\s/.test(text), { error: "must not hold spaces" })
  .min(1, { error: "must not be empty" });

/** A path on this machine. File names may contain line breaks and the like, but in a program they are a mistake. */
export const localPath = line(4096).min(1, { error: "must not be empty" });

/** A value that is passed on unchanged, of one or more lines. A process accepts no NUL and no argument of 128 KiB (Linux). */
export const value = z
  .string()
  .max(100_000, atMost(100_000))
  .refine((text) => !text.includes("\0"), { error: "must not hold the character U+0000" });
