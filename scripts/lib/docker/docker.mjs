import { find, tail } from "../process.mjs";
import { begin, Remedy, step } from "../progress.mjs";
import { canInstall, install } from "./apt.mjs";
import { dockerClients, findBuilder } from "./docker-client.mjs";
import { ensureEngine } from "./docker-engine.mjs";

/** A client that builds with BuildKit; installs one with apt if there is none. */
async function ensureBuilder() {
  let builder = await findBuilder(dockerClients());
  if (!builder.client && canInstall()) {
    begin("docker", "no docker client here builds with BuildKit: asking apt-get for one");
    await install([], ["docker.io", "docker-cli", "docker-buildx"]);
    builder = await findBuilder(dockerClients());
  }
  if (builder.client) return builder.client;
  throw new Remedy(
    `No docker client on this machine builds with BuildKit:\n${tail(builder.refusals.join("\n"))}`,
    "install the buildx plugin for one of them (package docker-buildx or docker-buildx-plugin, https://docs.docker.com/go/buildx/).",
  );
}

/**
 * Provides a running engine and a client.
 *
 * @returns {Promise<string>} absolute path of a docker client that builds with BuildKit
 */
export function docker() {
  return step("docker", async () => {
    const engine = await ensureEngine();
    const client = await ensureBuilder();
    const what = engine.started ?? `engine ${engine.version} is running`;
    return { said: `${what}; building with ${client}`, value: client };
  });
}

/**
 * Provides bzip2, which compresses Bench's image archives. lbzip2 does the same in less time; either runs on all cores.
 */
export function compression() {
  return step("bzip2", async () => {
    const have = () => ["lbzip2", "bzip2"].filter((name) => find(name));
    const missing = ["lbzip2", "bzip2"].filter((name) => !have().includes(name));
    if (missing.length === 0) return { said: "bzip2 and lbzip2 are there" };
    const { ok } = canInstall() ? await install(missing) : { ok: false };
    if (ok && have().includes("lbzip2")) return { said: `${missing.join(" and ")} installed` };
    if (have().length === 0) {
      throw new Remedy(
        "Neither bzip2 nor lbzip2 is on PATH.",
        "install the package lbzip2 (or bzip2, which is slower).",
      );
    }
    if (have().includes("lbzip2")) return { said: "lbzip2 is there" };
    return { said: "bzip2 is there; with the package lbzip2, images would be compressed in less time" };
  });
}
