import * as settings from "@pulumi/pulumi/runtime/settings";
import { z } from "zod";

/**
 * Gives each gRPC client that Pulumi makes in this process a connection of its own.
 *
 * Clients for one address share a connection, and its back-off after a failure: also where that address was the port of an
 * engine which has ended, and is now that of another one. In one process that drives hundreds of engines this happens.
 * Pulumi takes the "unavailable" that follows for an engine that is shutting down, and so `up` succeeds with nothing done.
 */
const { grpcClientOptions, grpcChannelOptions } = z
  .object({ grpcClientOptions: z.instanceof(Object), grpcChannelOptions: z.instanceof(Object) })
  .parse(settings);

for (const options of [grpcClientOptions, grpcChannelOptions]) {
  Object.assign(options, { "grpc.use_local_subchannel_pool": 1 });
}

/** What Pulumi passes to its clients. */
export const clientOptions = { ...grpcClientOptions };
