/** What was looked for is not there, or is more than one thing. The message says what there is. */
export class LookupError extends Error {
  override readonly name = "LookupError";
}

/** How many of a long list an error names. */
const longest = 20;

/** A list as it stands in an error: all of a short one, the beginning of a long one. */
export function choices(items: readonly string[]): string {
  if (items.length === 0) return "none";
  const rest = items.length - longest;
  return rest > 0 ? `${items.slice(0, longest).join(", ")} and ${rest} more` : items.join(", ");
}
