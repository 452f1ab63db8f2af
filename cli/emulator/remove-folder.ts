import { rm } from "node:fs/promises";
import { quoted } from "../quoted";

/** Removes the folder of an emulator, including the files that workspaces wrote in it. */
export async function removeFolder(dir: string): Promise<void> {
  try {
    await rm(dir, { recursive: true });
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "EACCES" || cause.code === "EPERM")) {
      throw new Error(
        `Some of ${dir} belongs to the user of workspaces (1000), who is not you. Nothing else is left of the emulator; remove ` +
          `that with: sudo rm -rf ${quoted(dir)}`,
        { cause },
      );
    }
    throw cause;
  }
}
