import type { handleUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import {
  type CheckRequest,
  CheckResponse,
  type ConfigureRequest,
  ConfigureResponse,
  type DiffRequest,
  DiffResponse,
  type InvokeRequest,
  ProviderHandshakeResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { CallsInFlight } from "./calls";
import { changedSettings, checkSettings, secretSettings } from "./configuration";
import { failure, failureMessage, PartialFailure } from "./failure";
import { invoke } from "./functions";
import { resourceCalls } from "./resources/calls";
import type { Tenant } from "./tenant";
import { received, secretNames, sent } from "./values";

/** The calls of the engine that this plugin answers; gRPC answers all others with "not implemented". */
export function service(
  tenant: Tenant,
  calls: CallsInFlight,
  version: string,
  cancel: () => void,
): UntypedServiceImplementation {
  /** A call whose error reaches the user as one line, without a stack. */
  const answering =
    <Request, Response>(answer: (request: Request) => Promise<Response>): handleUnaryCall<Request, Response> =>
    (call, callback) => {
      calls
        .during(() => answer(call.request))
        .then(
          (response) => callback(null, response),
          (error: unknown) => callback(error instanceof PartialFailure ? error.asSent : failure(tenant.told(error))),
        );
    };
  const resource = resourceCalls(tenant);
  return {
    getPluginInfo: answering(async () => {
      const info = new PluginInfo();
      info.setVersion(version);
      return info;
    }),
    handshake: answering(async () => {
      const response = new ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      return response;
    }),
    checkConfig: answering(async (request: CheckRequest) => {
      const news = received(request.getNews());
      const response = new CheckResponse();
      response.setInputs(sent(news.values, new Set([...secretNames(news.secrets), ...secretSettings])));
      response.setFailuresList(checkSettings(news.values).map(failureMessage));
      return response;
    }),
    diffConfig: answering(async (request: DiffRequest) => {
      const old = received(request.getOldInputs() ?? request.getOlds()).values;
      const changed = changedSettings(old, received(request.getNews()).values);
      const response = new DiffResponse();
      // Another key or address never replaces the resources: they say themselves what a change means for them.
      response.setChanges(changed.length > 0 ? DiffResponse.DiffChanges.DIFF_SOME : DiffResponse.DiffChanges.DIFF_NONE);
      response.setDiffsList(changed);
      return response;
    }),
    configure: answering(async (request: ConfigureRequest) => {
      tenant.configure(received(request.getArgs()));
      const response = new ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return response;
    }),
    check: answering(resource.check),
    diff: answering(resource.diff),
    create: answering(resource.create),
    read: answering(resource.read),
    update: answering(resource.update),
    delete: answering(resource.delete),
    invoke: answering((request: InvokeRequest) => invoke(tenant, request)),
    cancel: answering(async () => {
      cancel();
      return new Empty();
    }),
  };
}
