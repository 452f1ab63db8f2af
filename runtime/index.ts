export type { default as Dockerode } from "dockerode";
export { type AllowedUrl, parseAllowedUrl } from "./allowed-url";
export { benchGid, benchUid, dockerLabel, stopGraceSeconds } from "./bench-facts";
export { Bench, type BenchOptions } from "./container/bench";
export {
  benchEnvironment,
  benchNamespace as NAMESPACE,
  type EnvironmentSource,
  webPrefix,
} from "./container/environment";
export { defaultTiming as TIMING, type Listener, type SupervisionEnd, type Timing } from "./container/supervisor";
export { connectDocker } from "./docker/connect";
export { instanceLabel as INSTANCE_LABEL, Names, workspaceLabel as WORKSPACE_LABEL } from "./names";
export { gatewayImage as GATEWAY_IMAGE, removeGatewayImage } from "./network/gateway-image";
export type { Limits } from "./resource-models";
export type { Endpoints, StopOutcome, WorkspaceSpec } from "./spec";
export { Attended } from "./trial/attended";
export { imageTag, newInstance, sweepDeadRuns } from "./trial/instances";
export type { Probe } from "./trial/probe";
export { newNumber, type Standalone, standalone } from "./trial/standalone";
