import { createConnection } from "node:net";

/** A request as it goes over the wire; nothing in it has to be right. */
export interface WireRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string | Buffer;
  /** `length`: a true Content-Length. `cut`: one that promises more than comes before the client hangs up. */
  readonly framing: "length" | "chunked" | "cut" | "badChunks" | "both";
}

/** What came back. */
export interface Reply {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** The bytes of a request that asks for the connection to be closed after its answer. */
export function bytesOf({ method, target, headers, body, framing }: WireRequest): Buffer {
  const content = Buffer.from(body ?? "");
  const framed: [string, string][] = [];
  if (framing === "length" && body !== undefined) framed.push(["Content-Length", String(content.length)]);
  if (framing === "cut") framed.push(["Content-Length", String(content.length + 10)]);
  if (framing === "both") framed.push(["Content-Length", "5"]);
  if (framing === "chunked" || framing === "both" || framing === "badChunks")
    framed.push(["Transfer-Encoding", "chunked"]);
  const lines = [...headers, ...framed, ["Connection", "close"]].map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`);
  const rest =
    framing === "chunked" || framing === "both"
      ? chunksOf(content)
      : framing === "badChunks"
        ? Buffer.from(`zz\r\n${content.toString("latin1")}\r\n0\r\n\r\n`)
        : content;
  return Buffer.concat([head, rest]);
}

function chunksOf(content: Buffer): Buffer {
  const size = Math.max(1, Math.ceil(content.length / 3));
  const chunks: Buffer[] = [];
  for (let at = 0; at < content.length; at += size) {
    const chunk = content.subarray(at, at + size);
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n"));
  }
  return Buffer.concat([...chunks, Buffer.from("0\r\n\r\n")]);
}

/**
 * Sends bytes and waits for the server to close. Undefined when it closes without an answer. Fails when it has not closed
 * within `limitMs`: it hangs.
 *
 * @param hangUp whether the client closes its side after the last byte
 */
export function exchange(
  port: number,
  bytes: Buffer,
  { hangUp = false, limitMs = 10_000 }: { hangUp?: boolean; limitMs?: number } = {},
): Promise<Reply | undefined> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const socket = createConnection({ port, host: "127.0.0.1", allowHalfOpen: true });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(
        new Error(`no end within ${limitMs} ms; so far came: ${Buffer.concat(received).toString().slice(0, 500)}`),
      );
    }, limitMs);
    socket.on("data", (chunk) => received.push(chunk));
    // the server's end is the answer's end; what it did not read any more may come back as a reset or a broken pipe
    socket.on("error", () => socket.destroy());
    socket.on("end", () => socket.end());
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(replyOf(Buffer.concat(received)));
    });
    if (hangUp) socket.end(bytes);
    else socket.write(bytes);
  });
}

/** The first final answer in what came. */
function replyOf(received: Buffer): Reply | undefined {
  const text = received.toString("latin1");
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, Math.max(0, end)).split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? Number.NaN);
  if (end < 0 || Number.isNaN(status)) return undefined;
  if (status < 200) return replyOf(received.subarray(end + 4));
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const content = received.subarray(end + 4);
  const body = headers.get("transfer-encoding") === "chunked" ? withoutChunks(content) : content;
  return { status, headers, body: body.toString("utf8") };
}

function withoutChunks(content: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = content.indexOf("\r\n", at);
    const size = line < 0 ? Number.NaN : Number.parseInt(content.subarray(at, line).toString("latin1"), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(content.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
