import { configKeys } from "../config";

/** The message for an argument that the resource does not have; `known` are the arguments it has at this place. */
export function misspelt(name: string, known: readonly string[]): string {
  const text = "is not a property of this resource";
  const near = nearest(name, known);
  const setting = configKeys.find((key) => key === `ica:${name}`);
  if (setting !== undefined) {
    const command = `pulumi config set ${setting === "ica:apiKey" ? "--secret " : ""}${setting}`;
    const here = near === undefined ? "" : `; here it is ${near}`;
    return `${text}, but a setting of the stack${setting === "ica:region" ? " for all images" : ""} (${command})${here}`;
  }
  return `${text}; ${near === undefined ? "is it misspelt" : `did you mean ${near}`}?`;
}

/** The known name that differs in at most about a third of its letters, or only in case. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > 40) {
    return undefined;
  }
  const [best] = known
    .map((candidate) => ({ candidate, distance: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.ceil(candidate.length / 3))
    .sort((a, b) => a.distance - b.distance);
  return best?.candidate;
}

/** How many letters have to be inserted, removed or replaced (Levenshtein distance). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      next.push(Math.min((row[j] ?? 0) + (letter === other ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
