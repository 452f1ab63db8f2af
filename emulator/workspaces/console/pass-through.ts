import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import pLimit, { type Limit } from "p-limit";
import type { Client, ClientChannel, Connection, PseudoTtyInfo, ServerChannel, Session, WindowChangeInfo } from "ssh2";
import { printable } from "../../../runtime/printable";

type Opened = (error: Error | undefined, channel: ClientChannel) => void;

/** Repeats every request of the client's (outer) connection on the inner one. Ends both together. */
export function passThrough(outer: Connection, inner: Promise<Client>): void {
  outer.on("session", (accept) => serveSession(accept(), inner));
  outer.on("tcpip", (accept, reject, { srcIP, srcPort, destIP, destPort }) => {
    openChannel(
      inner,
      (client, opened) => client.forwardOut(srcIP, srcPort, destIP, destPort, opened),
      (far) => {
        const near = accept();
        near.pipe(far).pipe(near);
        near.on("error", () => far.destroy());
        far.on("error", () => near.destroy());
      },
    ).catch(() => reject());
  });
  outer.on("close", () => {
    inner.then(
      (client) => client.end(),
      () => undefined,
    );
  });
  inner.then(
    (client) => client.on("close", () => outer.end()),
    () => undefined,
  );
}

/** Serves one shell, command or subsystem with its requests. */
function serveSession(session: Session, inner: Promise<Client>): void {
  const env: Record<string, string> = {};
  let pty: PseudoTtyInfo | undefined;
  let size: WindowChangeInfo | undefined;
  let far: ClientChannel | undefined;
  const resize = () => {
    if (far !== undefined && size !== undefined) {
      far.setWindow(size.rows, size.cols, size.height, size.width);
    }
  };
  const serve = (near: ServerChannel, open: (client: Client, opened: Opened) => void) => {
    openChannel(inner, open, (channel) => {
      far = channel;
      join(near, channel);
      resize();
    }).catch((error: unknown) => refuse(near, error));
  };

  session.on("pty", (accept, _reject, info) => {
    pty = info;
    accept?.();
  });
  session.on("window-change", (accept, _reject, info) => {
    size = info;
    resize();
    accept?.();
  });
  session.on("env", (accept, _reject, { key, val }) => {
    env[key] = val;
    accept?.();
  });
  session.on("signal", (accept, _reject, { name }) => {
    far?.signal(name);
    accept?.();
  });
  session.on("shell", (accept) => serve(accept(), (client, opened) => client.shell(pty ?? false, { env }, opened)));
  session.on("exec", (accept, _reject, { command }) =>
    serve(accept(), (client, opened) => client.exec(command, { env, ...(pty === undefined ? {} : { pty }) }, opened)),
  );
  session.on("subsystem", (accept, _reject, { name }) =>
    serve(accept(), (client, opened) => client.subsys(name, opened)),
  );
}

/**
 * Opens a channel inside. Calls `use` before ssh2 handles the next packet: the end of a quick command can arrive in the
 * same read as its start, and a listener added later would miss it.
 */
async function openChannel(
  inner: Promise<Client>,
  open: (client: Client, opened: Opened) => void,
  use: (channel: ClientChannel) => void,
): Promise<void> {
  const client = await inner;
  await new Promise<void>((resolve, reject) => {
    open(client, (error, channel) => {
      if (error) {
        reject(error);
      } else {
        use(channel);
        resolve();
      }
    });
  });
}

/** Passes on both streams, the end of the input, the exit status or signal, and the close, in this order. */
function join(near: ServerChannel, far: ClientChannel): void {
  near.pipe(far);
  const turn = pLimit(1);
  handOn(far, near, near, turn);
  handOn(far.stderr, near.stderr, near, turn);
  far.on("exit", (code: number | null, signal?: string, dumped?: boolean, description?: string) => {
    if (signal === undefined) {
      near.exit(code ?? 0);
    } else {
      near.exit(signal, dumped ?? false, description ?? "");
    }
  });
  // Ending `near` ends both of its streams, so this waits until everything is written, including what the client has no
  // window for yet.
  Promise.all([once(far, "close"), once(far.stderr, "end")]).then(
    () => turn(() => near.end()),
    () => near.end(),
  );
  near.on("close", () => far.close());
}

/**
 * Passes on everything that one stream writes. Both outputs of a channel share the client's window, and ssh2 loses or
 * repeats data of one while the other waits for window (its server.js, CHANNEL_WINDOW_ADJUST). So this writes one piece
 * at a time and waits for it.
 */
function handOn(from: Readable, to: Writable, channel: ServerChannel, turn: Limit): void {
  const write = (chunk: Buffer) =>
    new Promise<void>((resolve) => {
      to.write(chunk, () => {
        Object.assign(channel, {
          _chunk: undefined,
          _chunkcb: undefined,
          _chunkErr: undefined,
          _chunkcbErr: undefined,
        });
        resolve();
      });
    });
  from.on("data", (chunk: Buffer) => {
    from.pause();
    turn(() => write(chunk)).then(
      () => from.resume(),
      () => channel.close(),
    );
  });
}

function refuse(near: ServerChannel, error: unknown): void {
  near.stderr.write(`${printable(error instanceof Error ? error.message : String(error))}\r\n`);
  near.exit(255);
  near.end();
}
