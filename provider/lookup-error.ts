/** The query matched nothing, or more than one thing. The message lists what exists. */
export class LookupError extends Error {
  override readonly name = "LookupError";
}

/** Number of items of a long list that an error names. */
const longest = 20;

/** A list as it appears in an error: all of a short one, the beginning of a long one. */
export function choices(items: readonly string[]): string {
  if (items.length === 0) {
    return "none";
  }
  const rest = items.length - longest;
  return rest > 0 ? `${items.slice(0, longest).join(", ")} and ${rest} more` : items.join(", ");
}
