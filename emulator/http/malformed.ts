import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { ProblemError, problemJson, problemOf } from "./problem";

type Refusal = readonly [status: number, title: string, detail: string];

/** Parser error of Node → response. All other errors get a plain 400. */
const refusals: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: [431, "Request Header Fields Too Large", "The headers of the request are too large."],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout", "The headers of the request did not come in time."],
};
const malformed: Refusal = [400, "Bad Request", "This is not a request of HTTP/1.1."];

/**
 * Responds to malformed HTTP with a problem, like to every other error, and closes the connection. Without this, the
 * client would get an answer without a body.
 */
export function refuseMalformed(server: Server): void {
  const answers = new WeakMap<Duplex, ServerResponse>();
  server.on("request", ({ socket }: IncomingMessage, res: ServerResponse) => {
    answers.set(socket, res);
    res.once("close", () => answers.delete(socket));
  });
  server.on("checkExpectation", (_req, res: ServerResponse) => {
    res.writeHead(417, { "Content-Type": problemJson, Connection: "close" });
    res.end(body([417, "Expectation Failed", "The only thing that can be expected here is 100-continue."]));
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    // An answer that has begun cannot become another one, and a client that has gone receives nothing.
    if (!socket.writable || answers.get(socket)?.headersSent || error.code === "ECONNRESET") {
      socket.destroy();
      return;
    }
    socket.end(answer(refusals[error.code ?? ""] ?? malformed));
  });
}

/** The raw response to a request that never reached a handler. */
export function answer(refusal: Refusal): string {
  const [status, title] = refusal;
  const text = body(refusal);
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `Content-Type: ${problemJson}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
    "Connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${text}`;
}

function body([status, title, detail]: Refusal): string {
  return JSON.stringify(problemOf(new ProblemError(status, title, detail)));
}
