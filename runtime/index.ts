export { type AllowedUrl, parseAllowedUrl } from "./allowed-url";
export { Bench, type BenchOptions } from "./bench";
export { benchEnvironment, type EnvironmentSource, NAMESPACE, webPrefix } from "./environment";
export { GATEWAY_IMAGE, removeGatewayImage } from "./gateway-image";
export { INSTANCE_LABEL, LABEL, Names, WORKSPACE_LABEL } from "./names";
export type { Limits } from "./resource-models";
export { type Endpoints, STOP_GRACE_S, type StopOutcome, type WorkspaceSpec } from "./spec";
export { type Listener, type SupervisionEnd, TIMING, type Timing } from "./supervisor";
