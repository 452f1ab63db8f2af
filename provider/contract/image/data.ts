import type { FolderReader } from "../../docker/cli";
import { named } from "../dockerfile/script-writes";
import { type Finding, finding } from "../finding";
import { benchUid } from "../rules";

/** Folders that Bench puts there itself. */
const benchFolders = new Set(["project", ".software"]);
/** How many are looked for before the search ends. */
const enough = 3;

/**
 * What of the image lies below /data and is not its user's. Files of user 1000 are no finding: whether Bench hides them or
 * copies them is not documented, and both are harmless.
 */
export async function checkData(find: FolderReader): Promise<Finding[]> {
  const foreign = await find("/data", ({ path, uid }) => uid !== benchUid && !benchFolders.has(path), enough);
  if (foreign.length === 0) return [];
  const owners = [...new Set(foreign.map(({ uid }) => (uid === 0 ? "root" : `UID ${uid}`)))].join(", ");
  return [
    finding(
      "ICA019",
      "warning",
      `the image has files of ${owners} below /data, where Bench puts the workspace's own disk: ${named(foreign.map(({ path }) => `/data/${path}`))}`,
    ),
  ];
}
