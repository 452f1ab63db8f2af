import { existsSync } from "node:fs";
import { find, run } from "../process.mjs";

const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };

// A source that does not respond costs seconds, not minutes. Waits for another running apt.
const patience = ["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20", "-o", "DPkg::Lock::Timeout=120"];

/** Whether this process can install Debian packages: Debian or a derivative, as root. */
export function canInstall() {
  return process.getuid?.() === 0 && existsSync("/etc/debian_version") && find("apt-get") !== undefined;
}

let updated;

/** Whether the package sources have this package. */
async function isKnown(name) {
  const { stdout } = await run("apt-cache", ["policy", name], { env: { ...env, LC_ALL: "C" } });
  return /Candidate: (?!\(none\))/.test(stdout);
}

/**
 * Installs the packages, and those of `optional` that the sources have, without recommended packages.
 *
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export async function install(packages, optional = []) {
  // Ignores the exit code: the source that fails may not be needed, and install reports what is missing.
  updated ??= run("apt-get", [...patience, "update"], { env });
  await updated;
  const wanted = [...packages];
  for (const name of optional) if (await isKnown(name)) wanted.push(name);
  if (wanted.length === 0) return { ok: false, output: "" };
  const { code, output } = await run("apt-get", [...patience, "install", "-y", "--no-install-recommends", ...wanted], {
    env,
    // Half-configured packages would break the next command.
    uninterrupted: true,
  });
  return { ok: code === 0, output };
}
