/** Whether something could not be written because the disk, or what its user may have of it, is full. */
export function isNoSpace(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

/** What is told then, by every part that writes. Nothing is lost, and the same request works once there is space. */
export const NO_SPACE = "There is no space left on the emulator's disk. Free some, then try again.";
