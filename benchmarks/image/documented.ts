import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import type { Docker } from "../../provider/docker/cli";

/**
 * Runs `docker save IMAGE | COMPRESSOR > FILE` as a person types it: the two programs share a pipe, and this process
 * touches no byte. Without a file, the output is discarded.
 */
export async function saveAndCompress(
  docker: Docker,
  reference: string,
  compressor: string,
  file?: string,
): Promise<void> {
  const output = file === undefined ? undefined : await open(file, "w");
  try {
    const pack = spawn(compressor, [], { stdio: ["pipe", output?.fd ?? "ignore", "inherit"] });
    const save = spawn(docker.client.command, ["save", reference], { stdio: ["ignore", pack.stdin, "inherit"] });
    const ended = Promise.all([done(save, "docker save"), done(pack, compressor)]);
    // The compressor sees the end only when no other process holds the write end.
    pack.stdin?.destroy();
    await ended;
  } finally {
    await output?.close();
  }
}

/** `docker save IMAGE > /dev/null`. */
export async function saveOnly(docker: Docker, reference: string): Promise<void> {
  await done(
    spawn(docker.client.command, ["save", reference], { stdio: ["ignore", "ignore", "inherit"] }),
    "docker save",
  );
}

async function done(child: ChildProcess, what: string): Promise<void> {
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${what} ended with ${code}`);
}
