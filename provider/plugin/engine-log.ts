import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { shown } from "../error-message";
import type { Clock, Log } from "../handler";
import { pacedLog } from "../pulumi/paced-log";

const severities = { info: LogSeverity.INFO, warn: LogSeverity.WARNING, status: LogSeverity.INFO } as const;

/** Makes logs of resources. Without the engine's address, the lines are dropped. */
export type Logs = (urn: string | undefined, clock: Clock) => Log;

/** Logs whose lines appear in the rows of `pulumi up`, over one connection to the engine. */
export function engineLogs(address: string | undefined): Logs {
  const client = address === undefined ? undefined : new EngineClient(address, credentials.createInsecure());
  return (urn, clock) =>
    pacedLog((severity, line) => {
      const request = new LogRequest();
      request.setSeverity(severities[severity]);
      request.setMessage(line);
      request.setUrn(urn ?? "");
      request.setEphemeral(severity === "status");
      // A line that cannot be delivered must not fail the work that it describes.
      client?.log(request, (error) => {
        if (error !== null) {
          process.stderr.write(`${shown(error.message)}\n`);
        }
      });
    }, clock);
}
