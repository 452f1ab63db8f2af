import { createWriteStream, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { run, tail } from "../process.mjs";
import { begin } from "../progress.mjs";

/** The server from which Pulumi's own installation script (https://get.pulumi.com) downloads its archives. */
const officialAddress = "https://get.pulumi.com";

async function answers(url) {
  try {
    const response = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(4_000) });
    return response.ok;
  } catch {
    return false; // unreachable, refused or too slow: the caller tries another way
  }
}

async function download(url, file) {
  const response = await fetch(url, { signal: AbortSignal.timeout(600_000) });
  if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status}`);
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
}

/**
 * Downloads the official release into `folder`, if its server responds within a few seconds. The installation script
 * does the same with the same archive, but also writes to ~/.pulumi and to the shell's profile, which belong to the
 * user.
 *
 * @returns {Promise<string | undefined>} why it failed, or undefined when `folder/pulumi` exists
 */
export async function downloadPulumi(version, folder, address = officialAddress) {
  const archive = `${address}/releases/sdk/pulumi-${version}-${process.platform}-${process.arch}.tar.gz`;
  if (!(await answers(archive))) return `${new URL(address).host} does not answer`;
  begin("pulumi", `downloading ${archive}`);
  mkdirSync(dirname(folder), { recursive: true });
  const workshop = mkdtempSync(`${folder}-unpacking-`);
  try {
    const file = join(workshop, "pulumi.tar.gz");
    await download(archive, file);
    const { code, output } = await run("tar", ["-xzf", file, "-C", workshop]);
    if (code !== 0) return `the archive cannot be unpacked:\n${tail(output, 3)}`;
    const unpacked = [join(workshop, "pulumi", "bin"), join(workshop, "pulumi")].find((each) =>
      existsSync(join(each, "pulumi-language-nodejs")),
    );
    if (!unpacked) return "the archive holds no pulumi-language-nodejs";
    rmSync(folder, { recursive: true, force: true });
    renameSync(unpacked, folder);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}
