import type Dockerode from "dockerode";

/** The last lines that the main process wrote, both streams, oldest first. */
export async function tailOf(container: Dockerode.Container, lines: number): Promise<string> {
  const raw = await container.logs({ stdout: true, stderr: true, tail: lines, follow: false });
  return demultiplex(raw).trimEnd();
}

/** Takes Docker's 8-byte frame headers (stream, three zeros, length) out of a log. */
function demultiplex(raw: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= raw.length; ) {
    const end = at + 8 + raw.readUInt32BE(at + 4);
    parts.push(raw.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(parts).toString("utf8");
}
