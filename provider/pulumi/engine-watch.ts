import { connect, type NetConnectOpts } from "node:net";

/** Milliseconds between two looks, where one is needed. */
const pauseMs = 500;
/** How many connections in a row the system must refuse before the engine counts as gone. */
const refusals = 2;

/**
 * Calls `gone` once the engine that started this process is gone. A killed engine cannot tell its provider to stop, and a
 * provider that went on would build and upload beside the one of the next `pulumi up`, with no engine to keep the result.
 *
 * The watch holds a connection to `address`, the engine's (`127.0.0.1:PORT`). The system closes it when the engine ends, and
 * refuses the next one. Only a refusal counts, or a new parent process once the connection is closed: an engine that is
 * stopped, or a machine that sleeps, keeps the connection and answers nothing. The engine has started this process, so it
 * counts as seen: a first connection that is refused means that it is gone already.
 */
export function watchEngine(address: string, gone: () => void): void {
  const target = targetOf(address);
  if (target === undefined) return;
  const parent = process.ppid;
  let refused = 0;
  const hold = () => {
    const socket = connect(target);
    // The watch alone is no reason to stay.
    socket.unref();
    // An end is seen by a stream that is read only.
    socket.resume();
    socket.once("connect", () => {
      refused = 0;
      // The system closes a process's connections a moment before its children get a new parent, so that is looked at here, too.
      if (process.ppid !== parent) socket.destroy();
    });
    socket.once("error", (error) => {
      if ("code" in error && error.code === "ECONNREFUSED") refused++;
    });
    socket.once("close", () => {
      // With a new parent, whatever answers at the port now is another program.
      if (refused >= refusals || process.ppid !== parent) gone();
      else setTimeout(hold, pauseMs).unref();
    });
  };
  hold();
}

function targetOf(address: string): NetConnectOpts | undefined {
  const colon = address.lastIndexOf(":");
  const [host, port] = [address.slice(0, colon).replace(/^\[|\]$/g, ""), address.slice(colon + 1)];
  return colon > 0 && /^\d+$/.test(port) ? { host, port: Number(port) } : undefined;
}
