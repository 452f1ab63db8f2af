import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import type Dockerode from "dockerode";

/** Where something listens on a port: on an address that can be reached from outside, only from inside, or nowhere. */
export type Listening = "outside" | "inside only" | "nowhere";

/** State 0A of /proc/net/tcp. */
const listen = "0A";

/**
 * Whether something in a running container listens on a TCP port. Uses the image's own `cat`; undefined without it, or
 * when the container does not run.
 */
export async function listeningOn(
  docker: Dockerode,
  container: Dockerode.Container,
  port: number,
): Promise<Listening | undefined> {
  try {
    const exec = await container.exec({
      Cmd: ["cat", "/proc/net/tcp", "/proc/net/tcp6"],
      AttachStdout: true,
      AttachStderr: true,
    });
    const stream = await exec.start({ hijack: true, stdin: false });
    const [output, errors] = [new PassThrough(), new PassThrough().resume()];
    docker.modem.demuxStream(stream, output, errors);
    stream.once("end", () => output.end()).once("close", () => output.end());
    return listeningIn(await text(output), port);
  } catch {
    // This is only a hint: the container may have ended, or have no cat.
    return undefined;
  }
}

/** Reads the kernel's socket tables (proc(5), /proc/net/tcp). Undefined when the text is not such a table. */
export function listeningIn(tables: string, port: number): Listening | undefined {
  if (!tables.includes("local_address")) {
    return undefined;
  }
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  const addresses = [...tables.matchAll(/^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ ([0-9A-F]{2}) /gm)]
    .filter(([, , at, state]) => at === wanted && state === listen)
    .map(([, address = ""]) => address);
  if (addresses.length === 0) {
    return "nowhere";
  }
  return addresses.every(isLoopback) ? "inside only" : "outside";
}

/** 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104 as words of 32 bits, each with its bytes reversed. */
function isLoopback(address: string): boolean {
  return /^[0-9A-F]{6}7F$/.test(address) || /^0{24}01000000$|^0{16}FFFF0000[0-9A-F]{6}7F$/.test(address);
}
