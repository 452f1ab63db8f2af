/** Whether a write failed because the disk or the user's quota is full. */
export function isNoSpace(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

/** The message of every part that writes. No data is lost, and the same request works once there is space. */
export const noSpace = "There is no space left on the emulator's disk. Free some, then try again.";
