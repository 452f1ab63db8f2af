import { homedir } from "node:os";
import path from "node:path";
import { type ImageRecord, imageRecord } from "../images/images";
import { type WorkspaceRecord, workspace } from "../workspaces/record";
import { type Identity, identityRecord } from "./identity";
import { peek } from "./store";

/** The default state folder of an emulator. */
export function defaultFolder(): string {
  const state = process.env.XDG_STATE_HOME || path.join(homedir(), ".local", "state");
  return path.join(state, "pulumi-ica", "emulator");
}

/** The subfolder of an emulator's documents. */
export function storeFolder(dir: string): string {
  return path.join(dir, "store");
}

/** The content of an emulator's folder, which may be in use. */
export interface FolderContent {
  readonly identity: Identity;
  readonly images: readonly ImageRecord[];
  readonly workspaces: readonly WorkspaceRecord[];
}

/** Reads the folder of an emulator; undefined when no emulator ever used it. */
export async function readFolder(dir: string): Promise<FolderContent | undefined> {
  const store = storeFolder(dir);
  const [identity] = await peek(store, "identity", identityRecord);
  if (identity === undefined) {
    return undefined;
  }
  const workspaces = await peek(store, "workspaces", workspace);
  return {
    identity,
    images: await peek(store, "images", imageRecord),
    workspaces: workspaces.filter(({ deleted }) => !deleted),
  };
}
