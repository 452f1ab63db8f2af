import { connect } from "node:net";

/** Milliseconds between two looks. */
const everyMs = 2000;
/** How many looks in a row must find nobody before that is believed. */
const looks = 2;

/**
 * Ends this process once the engine that started it is gone. A killed engine cannot tell its provider to stop, and a
 * provider that went on would build and upload beside the one of the next `pulumi up`, with nobody to keep the result.
 *
 * `address` is the engine's (`127.0.0.1:PORT`). Nothing happens as long as nobody has ever answered there.
 */
export function endWithEngine(address: string, end: () => void): void {
  const [, host, port] = /^(.+):(\d+)$/.exec(address) ?? [];
  if (host === undefined || port === undefined) return;
  let seen = false;
  let missed = 0;
  const timer = setInterval(async () => {
    const there = await answers(host, Number(port));
    seen ||= there;
    missed = there ? 0 : missed + 1;
    if (!seen || missed < looks) return;
    clearInterval(timer);
    end();
  }, everyMs);
  // The watch alone is no reason to stay.
  timer.unref();
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (there: boolean) => {
      socket.destroy();
      resolve(there);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
    socket.setTimeout(everyMs, () => settle(false));
  });
}
