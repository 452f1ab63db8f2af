/** The API for `ica-bench emulator`: an emulator, its folder, and the faults to inject. */

export { type Fault, type StandingOrder, standingOrder } from "./faults/order";
export { faultsPath as FAULTS_PATH } from "./faults/routes";
export { s3Path as S3_PATH } from "./object-store/server";
export { linksPath as LINKS_PATH } from "./page/page";
export { type Emulator, startEmulator } from "./server";
export { defaultFolder, readFolder } from "./state/folder";
export { runningOn } from "./state/lock";
export { purgeDocker } from "./state/purge";
