import * as pulumi from "@pulumi/pulumi";
import { shown } from "../error-message";
import type { Clock, Log } from "../handler";
import { pacedLog } from "./paced-log";

/** A log that attaches its lines to a resource by its URN, so that `pulumi up` shows them in that resource's row. */
export function engineLog(urn: string | undefined, clock: Clock): Log {
  connectOnce();
  const resource = urn === undefined ? undefined : rowOf(urn);
  return pacedLog((severity, line) => {
    if (severity === "status") {
      deliver(pulumi.log.info(line, resource, undefined, true));
    } else {
      deliver(pulumi.log[severity](line, resource));
    }
  }, clock);
}

/**
 * Connects the log to the engine. The dynamic host does not do this, though its last argument is the engine's address.
 * Without it, lines would go to the stack's output and belong to no resource.
 */
function connectOnce(): void {
  if (connected) {
    return;
  }
  connected = true;
  const address = process.argv.at(-1);
  if (address !== undefined && /^[\w.[\]:-]+:\d+$/.test(address)) {
    pulumi.runtime.resetOptions("", "", 1, address, "", false, "");
  }
}

let connected = false;

/** The address of this process's engine; undefined outside the dynamic host. */
export function engineAddress(): string | undefined {
  const address = process.argv.at(-1);
  return address !== undefined && /^[\w.[\]:-]+:\d+$/.test(address) ? address : undefined;
}

/** The log needs only the resource's URN. */
function rowOf(urn: string): pulumi.Resource {
  const row: Pick<pulumi.Resource, "urn"> = { urn: pulumi.output(urn) };
  return row as pulumi.Resource;
}

/** A line that cannot be delivered must not fail the work that it describes. The log itself reports the error on stderr. */
function deliver(line: Promise<void>): void {
  line.catch((error: unknown) => process.stderr.write(`${shown(String(error))}\n`));
}
