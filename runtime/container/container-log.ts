import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import type Dockerode from "dockerode";
import { ifThere } from "../docker/docker-error";
import { apiKeyVariable } from "./environment";

/** The latest lines of the main process, both streams, oldest first, without the workspace's API key. */
export async function tailOf(container: Dockerode.Container, lines: number): Promise<string> {
  const raw = await container.logs({ stdout: true, stderr: true, tail: lines, follow: false });
  return withoutKey(container, demultiplex(raw).trimEnd());
}

/**
 * Passes on each line that a container writes from its next start to its end. Call it before the start, so that no line
 * is missed. Does nothing without a listener.
 */
export async function followOutput(
  docker: Dockerode,
  container: Dockerode.Container,
  onLine: ((line: string) => void) | undefined,
): Promise<void> {
  if (onLine !== undefined) {
    const stream = await ifThere(container.attach({ stream: true, stdout: true, stderr: true }));
    splitLines(docker, stream, onLine);
  }
}

/** Passes on each line that a running container has written and writes, until its end. */
export async function followLog(
  docker: Dockerode,
  container: Dockerode.Container,
  onLine: (line: string) => void,
): Promise<void> {
  splitLines(docker, await ifThere(container.logs({ follow: true, stdout: true, stderr: true })), onLine);
}

function splitLines(
  docker: Dockerode,
  stream: NodeJS.ReadableStream | undefined,
  onLine: (line: string) => void,
): void {
  if (stream === undefined) {
    return;
  }
  const outputs = [new PassThrough(), new PassThrough()] as const;
  for (const input of outputs) {
    createInterface({ input }).on("line", onLine);
  }
  docker.modem.demuxStream(stream, ...outputs);
  const end = () => {
    for (const output of outputs) {
      output.end();
    }
  };
  // The engine went away; the code that waits for the container's end gets the error.
  stream.once("end", end).once("close", end).once("error", end);
}

/** Removes Docker's 8-byte frame headers (stream, three zeros, length) from a log. */
function demultiplex(raw: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= raw.length; ) {
    const end = at + 8 + raw.readUInt32BE(at + 4);
    parts.push(raw.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(parts).toString("utf8");
}

/** Keeps the workspace's API key out of messages, files and pages when a script prints its environment. */
async function withoutKey(container: Dockerode.Container, log: string): Promise<string> {
  const { Config } = await container.inspect();
  const prefix = `${apiKeyVariable}=`;
  const key = Config.Env.find((entry) => entry.startsWith(prefix))?.slice(prefix.length);
  return key ? log.replaceAll(key, "<api key>") : log;
}
