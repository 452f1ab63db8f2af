/**
 * Records in order of creation, oldest first. Records of the same millisecond keep the order of the collection, which
 * is that of creation until the emulator restarts.
 */
export function inOrderOfCreation<T extends { readonly timeCreated: string }>(records: readonly T[]): T[] {
  return [...records].sort((a, b) => Date.parse(a.timeCreated) - Date.parse(b.timeCreated));
}
