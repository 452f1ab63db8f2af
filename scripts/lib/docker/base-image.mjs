import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { find, pipe, run, tail } from "../process.mjs";
import { begin, Remedy, step } from "../progress.mjs";
import { canInstall, install } from "./apt.mjs";

const platform = "linux/amd64"; // the only platform that Bench runs
const suite = "bookworm";
const archiveKeys = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** The address from which this machine's apt gets Debian, so that a configured mirror is used here too. */
async function debianMirror() {
  const { stdout } = await run("apt-cache", ["policy"], { env: { ...process.env, LC_ALL: "C" } });
  return stdout.match(/^ *\d+ (https?:\S*\/debian\/?) /m)?.[1];
}

/** debootstrap does not read apt's own proxy settings. */
async function aptProxy() {
  const { stdout } = await run("apt-config", ["shell", "proxy", "Acquire::http::Proxy"]);
  const proxy = stdout.match(/^proxy='(.+)'$/m)?.[1];
  return proxy ? { http_proxy: proxy } : {};
}

/** The package sources of the official image, with updates and security fixes. */
function packageSources(mirror) {
  const security = `${mirror.replace(/\/debian\/?$/, "")}/debian-security`;
  return `deb ${mirror} ${suite} main\ndeb ${mirror} ${suite}-updates main\ndeb ${security} ${suite}-security main\n`;
}

/**
 * Makes the image from Debian's own packages in under a minute. Needs root, because files in a root file system have
 * owners.
 */
async function makeFromPackages(docker, name) {
  const missing = [find("debootstrap") ? "" : "debootstrap", existsSync(archiveKeys) ? "" : "debian-archive-keyring"];
  const packages = missing.filter((each) => each !== "");
  if (packages.length > 0) {
    const { ok, output } = await install(packages);
    if (!ok) return `debootstrap could not be installed:\n${tail(output, 5)}`;
  }
  // /var/tmp, because /tmp may be a memory file system on which device files cannot be created.
  const folder = mkdtempSync("/var/tmp/pulumi-ica-base-");
  try {
    const mirror = await debianMirror();
    if (mirror === undefined) return "`apt-cache policy` names no mirror of Debian to take packages from";
    const made = await run(
      find("debootstrap"),
      ["--variant=minbase", "--arch=amd64", `--keyring=${archiveKeys}`, suite, folder, mirror],
      { env: { ...process.env, ...(await aptProxy()) } },
    );
    if (made.code !== 0) return `debootstrap ended with code ${made.code}:\n${tail(made.output, 5)}`;
    writeFileSync(join(folder, "etc", "apt", "sources.list"), packageSources(mirror));
    const leaveOut = [
      "./var/cache/apt/*",
      "./var/lib/apt/lists/*",
      "./var/log/*.log",
      "./dev/*",
      "./proc/*",
      "./sys/*",
    ];
    const imported = await pipe(
      ["tar", ["-C", folder, "--numeric-owner", ...leaveOut.map((each) => `--exclude=${each}`), "-c", "."]],
      [docker, ["import", "--platform", platform, "--change", 'CMD ["bash"]', "-", name]],
    );
    return imported.code === 0 ? undefined : `docker import failed:\n${tail(imported.output, 5)}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Provides the base image of the examples and tests: pulls it, or makes it from Debian's packages when no registry
 * responds.
 */
export function baseImage(docker, name = `debian:${suite}-slim`) {
  return step("base image", async () => {
    const there = await run(docker, ["image", "inspect", "--format", "{{.Os}}/{{.Architecture}}", name]);
    if (there.code === 0 && there.stdout.trim() === platform) return { said: `${name} is there` };

    // A registry has a minute to respond at all. Once it does, the download may be slow.
    const pulled = await run(docker, ["pull", "--platform", platform, name], {
      idle: (output) => (/Pulling from/.test(output) ? 300_000 : 60_000),
    });
    if (pulled.code === 0) return { said: `${name} pulled` };

    const refusal = pulled.timedOut ? "the registry does not answer" : tail(pulled.output, 3).trim();
    let reason = "this is not Debian, or not root";
    if (canInstall()) {
      begin("base image", `${name} cannot be pulled (${refusal}): making it with debootstrap`);
      reason = await makeFromPackages(docker, name);
      if (reason === undefined) return { said: `${name} made with debootstrap` };
    }
    throw new Remedy(
      `The image ${name} is not there and cannot be pulled: ${refusal}\n  It could not be made with debootstrap either: ${reason}`,
      `get it here by any way (\`docker pull --platform ${platform} ${name}\` behind a proxy, or \`docker load\` of a file made elsewhere).`,
    );
  });
}
