/** The ways into one workspace, for `ica-bench run`: web access, and the SSH gateway. */

export { onUpgrade } from "./http/listen";
export { isLoopbackHost, refuseHost } from "./http/loopback";
export { ConsoleGateway } from "./workspaces/console/gateway";
export { makeHostKey } from "./workspaces/console/host-key";
export { CONSOLE_HOST } from "./workspaces/view";
export { WebAccess } from "./workspaces/web";
