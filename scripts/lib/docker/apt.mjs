import { existsSync } from "node:fs";
import { find, run } from "../process.mjs";

const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };

// One source that does not answer must cost seconds, not minutes; and another apt at work is waited for.
const patience = ["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20", "-o", "DPkg::Lock::Timeout=120"];

/** Whether this process may install Debian packages: Debian or a child of it, as root. */
export function canInstall() {
  return process.getuid?.() === 0 && existsSync("/etc/debian_version") && find("apt-get") !== undefined;
}

let updated;

/** Whether the package sources know this package. */
async function isKnown(name) {
  const { stdout } = await run("apt-cache", ["policy", name], { env: { ...env, LC_ALL: "C" } });
  return /Candidate: (?!\(none\))/.test(stdout);
}

/**
 * Installs the packages (of `optional`, those that the sources know) without what they only recommend.
 *
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export async function install(packages, optional = []) {
  // Its exit code is not looked at: a source that fails may not be the one that matters, and install says what is missing.
  updated ??= run("apt-get", [...patience, "update"], { env });
  await updated;
  const wanted = [...packages];
  for (const name of optional) if (await isKnown(name)) wanted.push(name);
  if (wanted.length === 0) return { ok: false, output: "" };
  const { code, output } = await run("apt-get", [...patience, "install", "-y", "--no-install-recommends", ...wanted], {
    env,
    // Packages left half configured would be the next command's problem.
    uninterrupted: true,
  });
  return { ok: code === 0, output };
}
