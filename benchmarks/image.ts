import { spawn } from "node:child_process";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { startEmulator } from "../emulator/server";
import { archiveImage } from "../provider/bench-image/archive";
import { uploadArchive } from "../provider/bench-image/upload";
import { compressor } from "../provider/bzip2/compress";
import { systemClock } from "../provider/clock";
import { Docker } from "../provider/docker";
import { IcaClient } from "../provider/ica/client";

/**
 * Image to ICA, the documented way (docker save | bzip2 > file, then upload the file) against ours (one stream), on the same
 * machine, image and emulator, in turn. Prints a table and JSON.
 */

const rounds = Number(process.env.ROUNDS ?? 3);
const repository = path.resolve(__dirname, "..");
const reference = "pulumi-ica/benchmark:latest";

interface Round {
  readonly save: number;
  readonly upload: number;
  readonly documented: number;
  readonly ours: number;
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function median(numbers: number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error("no rounds: set ROUNDS to at least 1");
  return middle;
}

async function main(): Promise<void> {
  const dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-bench-"));
  const emulator = await startEmulator({ port: 0, dir: path.join(dir, "emulator") });
  try {
    const docker = await Docker.find(process.env);
    await docker.build({
      context: path.join(repository, "examples/quickstart/image"),
      tag: reference,
      platform: "linux/amd64",
    });
    const client = new IcaClient({
      baseUrl: `${emulator.url}/ica/rest`,
      apiKey: emulator.apiKey ?? "",
      clock: systemClock,
    });
    let files = 0;
    const upload = async (source: Readable) => {
      const name = `bench-${files++}.tar.bz2`;
      const file = { name, folderPath: "/bench/", formatCode: "DOCKER" };
      const { datum, credentials } = await client.projectData.createFileWithCredentials(emulator.projectId, file, name);
      const sent = await uploadArchive({ source, credentials, endpoint: emulator.s3Url });
      await client.projectData.delete(emulator.projectId, datum.data.id);
      return sent;
    };
    const measured: Round[] = [];
    let bytes = 0;
    for (let round = 0; round < rounds; round++) {
      const file = path.join(dir, "image.tar.bz2");
      const save = await seconds(async () => {
        const saved = spawn(docker.client.command, ["save", reference], { stdio: ["ignore", "pipe", "inherit"] });
        const packed = spawn("bzip2", [], { stdio: ["pipe", "pipe", "inherit"] });
        await Promise.all([pipeline(saved.stdout, packed.stdin), pipeline(packed.stdout, createWriteStream(file))]);
      });
      bytes = (await stat(file)).size;
      const sent = await seconds(() => upload(createReadStream(file)));
      const ours = await seconds(async () => {
        const archive = await archiveImage({ docker, ref: reference, compression: "bzip2" });
        await upload(archive.stream);
        await archive.done;
      });
      measured.push({ save, upload: sent, documented: save + sent, ours });
      process.stdout.write(
        `round ${round + 1}: docker save | bzip2 > file ${save.toFixed(1)} s, upload ${sent.toFixed(1)} s; ours ${ours.toFixed(1)} s\n`,
      );
    }
    const of = (key: keyof Round) => median(measured.map((round) => round[key]));
    const ratio = of("documented") / of("ours");
    process.stdout.write(
      [
        "",
        `archive of ${(bytes / 1e6).toFixed(0)} MB, compressed by ${(await compressor()).name}, medians of ${rounds}`,
        `  documented way   ${of("documented").toFixed(1)} s  (docker save | bzip2 > file ${of("save").toFixed(1)} s, upload ${of("upload").toFixed(1)} s)`,
        `  ours             ${of("ours").toFixed(1)} s`,
        `  documented/ours  ${ratio.toFixed(2)}`,
        JSON.stringify({ bytes, rounds: measured, documented: of("documented"), ours: of("ours"), ratio }),
        "",
      ].join("\n"),
    );
    await docker.removeImage(reference);
  } finally {
    await emulator.close({ removeAll: true });
    await rm(dir, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
