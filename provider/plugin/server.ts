import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { CallsInFlight } from "./calls";
import { engineLogs } from "./engine-log";
import { service } from "./service";
import { Tenant } from "./tenant";

/** The largest message that Pulumi's own servers take. */
const largestMessage = 400 * 1024 * 1024;

/** A plugin that listens. */
export interface Plugin {
  readonly port: number;
  /** Aborts what runs, waits for it, and stops listening. */
  end(reason: string): Promise<void>;
}

/** Starts the plugin on a free loopback port. `engine` is the engine's address, for the log. */
export async function startPlugin(version: string, engine: string | undefined): Promise<Plugin> {
  const [ended, calls] = [new AbortController(), new CallsInFlight()];
  const cancel = (reason: string) => ended.abort(new Error(reason));
  const tenant = new Tenant(engineLogs(engine), ended.signal);
  const server = new Server({
    "grpc.max_receive_message_length": largestMessage,
    "grpc.max_send_message_length": largestMessage,
  });
  server.addService(
    ResourceProviderService,
    service(tenant, calls, version, () => cancel("Pulumi cancelled this run")),
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    port,
    async end(reason) {
      cancel(reason);
      await calls.none();
      // Answers that are under way arrive first.
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    },
  };
}
