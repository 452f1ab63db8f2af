/** Whether the bytes are the start of a compressed layer (gzip, zstd). */
export function isPacked(start: Buffer): boolean {
  const gzip = start[0] === 0x1f && start[1] === 0x8b;
  return gzip || (start.length >= 4 && start.readUInt32LE(0) === 0xfd2fb528);
}
