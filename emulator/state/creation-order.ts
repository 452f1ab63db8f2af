/**
 * Records in order of creation, the oldest first. Those of one millisecond stay in the order in which the collection has
 * them, which is that of their creation until the emulator is started again.
 */
export function inOrderOfCreation<T extends { readonly timeCreated: string }>(records: readonly T[]): T[] {
  return [...records].sort((a, b) => Date.parse(a.timeCreated) - Date.parse(b.timeCreated));
}
