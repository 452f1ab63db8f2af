import { randomBytes } from "node:crypto";
import { request } from "node:http";
import type { Duplex } from "node:stream";

/** One text over a websocket, and the first text that comes back (RFC 6455; short texts only). */
export async function websocketAnswer(url: string, text: string): Promise<string> {
  const { socket, head } = await upgrade(url);
  const payload = Buffer.from(text);
  const mask = randomBytes(4);
  const masked = payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0));
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, masked]));
  try {
    return await firstText(socket, head);
  } finally {
    socket.destroy();
  }
}

function upgrade(url: string): Promise<{ socket: Duplex; head: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
    };
    request(url, { headers })
      .once("upgrade", (_response, socket, head) => resolve({ socket, head }))
      .once("response", ({ statusCode }) => reject(new Error(`HTTP ${statusCode} in the place of a websocket`)))
      .once("error", reject)
      .end();
  });
}

function firstText(socket: Duplex, head: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = head;
    const look = () => {
      const length = (seen[1] ?? 0) & 0x7f;
      if (seen.length >= 2 && seen.length >= 2 + length) resolve(seen.subarray(2, 2 + length).toString());
    };
    socket.on("data", (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk]);
      look();
    });
    socket.once("error", reject).once("close", () => reject(new Error("the websocket was closed")));
    look();
  });
}
