import { connect, type NetConnectOpts } from "node:net";

/** Milliseconds between two connection attempts. */
const pauseMs = 500;
/** How many refused connections in a row mean that the engine is gone. */
const refusals = 2;

/**
 * Calls `gone` once the engine that started this process is gone. A killed engine cannot tell its provider to stop. A
 * provider that kept running would build and upload at the same time as that of the next `pulumi up`, and no engine would save its
 * result.
 *
 * The watch holds a connection to the engine's `address` (`127.0.0.1:PORT`). When the engine ends, the system closes the
 * connection and refuses the next one. Only a refusal counts, or a new parent process after the connection has closed: a
 * stopped engine or a sleeping machine keeps the connection and just does not answer. The engine started this process, so a
 * refused first connection already means that the engine is gone.
 */
export function watchEngine(address: string, gone: () => void): void {
  const target = targetOf(address);
  if (target === undefined) {
    return;
  }
  const parent = process.ppid;
  let refused = 0;
  const hold = () => {
    const socket = connect(target);
    // The watch alone must not keep the process alive.
    socket.unref();
    // A stream reports its end only while it is read.
    socket.resume();
    socket.once("connect", () => {
      refused = 0;
      // The system closes a process's connections a moment before its children get a new parent, so that is looked at here, too.
      if (process.ppid !== parent) {
        socket.destroy();
      }
    });
    socket.once("error", (error) => {
      if ("code" in error && error.code === "ECONNREFUSED") {
        refused++;
      }
    });
    socket.once("close", () => {
      // With a new parent process, another program may own the port now.
      if (refused >= refusals || process.ppid !== parent) {
        gone();
      } else {
        setTimeout(hold, pauseMs).unref();
      }
    });
  };
  hold();
}

function targetOf(address: string): NetConnectOpts | undefined {
  const colon = address.lastIndexOf(":");
  const [host, port] = [address.slice(0, colon).replace(/^\[|\]$/g, ""), address.slice(colon + 1)];
  return colon > 0 && /^\d+$/.test(port) ? { host, port: Number(port) } : undefined;
}
