import { benchUid } from "../../../runtime/bench-facts";
import type { FolderReader } from "../../docker/cli";
import { named } from "../dockerfile/script-writes";
import { type Finding, finding } from "../finding";

/** Folders that Bench itself creates there. */
const benchFolders = new Set(["project", ".software"]);
/** Number of findings after which the search ends. */
const enough = 3;

/**
 * Reports files of the image below /data that do not belong to its user. Files of user 1000 are fine: no document says
 * whether Bench hides or copies them, and both are harmless.
 */
export async function checkData(find: FolderReader): Promise<Finding[]> {
  const foreign = await find("/data", ({ path, uid }) => uid !== benchUid && !benchFolders.has(path), enough);
  if (foreign.length === 0) {
    return [];
  }
  const owners = [...new Set(foreign.map(({ uid }) => (uid === 0 ? "root" : `UID ${uid}`)))].join(", ");
  return [
    finding(
      "ICA019",
      "warning",
      `the image has files of ${owners} below /data, where Bench puts the workspace's own disk: ${named(foreign.map(({ path }) => `/data/${path}`))}`,
    ),
  ];
}
