/** The ways into one workspace that `ica-bench run` uses: web access, and the SSH gateway. */

export { onUpgrade } from "./http/listen";
export { isLoopbackHost, refuseHost } from "./http/loopback";
export { ConsoleGateway } from "./workspaces/console/gateway";
export { makeHostKey } from "./workspaces/console/host-key";
export { gatewayHost as CONSOLE_HOST } from "./workspaces/view";
export { WebAccess } from "./workspaces/web";
