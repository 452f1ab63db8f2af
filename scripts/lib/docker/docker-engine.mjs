import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../paths.mjs";
import { find, run, tail, until } from "../process.mjs";
import { begin, Remedy } from "../progress.mjs";
import { canInstall, install } from "./apt.mjs";
import { dockerClients, findEngine } from "./docker-client.mjs";

const howToGetDocker =
  "install Docker and start it: https://docs.docker.com/engine/install/ (Linux), Docker Desktop, Colima or OrbStack (macOS). " +
  "On Debian, run this command as root and it installs Docker itself.";

/** The engine that the user has chosen, if any; starting another would not help. */
function chosenEngine() {
  if (process.env.DOCKER_HOST) return `DOCKER_HOST=${process.env.DOCKER_HOST}`;
  if (process.env.DOCKER_CONTEXT) return `DOCKER_CONTEXT=${process.env.DOCKER_CONTEXT}`;
  const file = join(process.env.DOCKER_CONFIG || join(homedir(), ".docker"), "config.json");
  if (!existsSync(file)) return undefined;
  try {
    const context = JSON.parse(readFileSync(file, "utf8")).currentContext;
    return context && context !== "default" ? `the docker context "${context}"` : undefined;
  } catch {
    return undefined; // docker cannot read this file either, so it chooses no engine
  }
}

/** Fails when starting an engine of our own is clearly wrong. */
function refuseToStart(refusal) {
  const chosen = chosenEngine();
  if (chosen) {
    throw new Remedy(
      `No Docker engine answers at ${chosen}:\n${tail(refusal)}`,
      "start that engine, or choose another one (`unset DOCKER_HOST DOCKER_CONTEXT`, `docker context use default`).",
    );
  }
  if (/permission denied/i.test(refusal)) {
    throw new Remedy(
      "A Docker engine runs, but this user may not use it.",
      "add yourself to its group (`sudo usermod -aG docker $USER`, then log in again), or run this command as root.",
    );
  }
  if (!canInstall()) throw new Remedy("No Docker engine answers on this machine.", howToGetDocker);
}

const answer = () => findEngine(dockerClients()).then((engine) => ("version" in engine ? engine : undefined));

/**
 * Under systemd, starts the service, and dockerd stays systemd's. On other systems this process has to start dockerd.
 */
async function startService() {
  if (!existsSync("/run/systemd/system")) return undefined;
  await run("systemctl", ["start", "docker"], { timeout: 60_000 });
  return until(answer, 20_000);
}

/** Starts dockerd detached from this process and its terminal, and waits until it responds. */
async function startDaemon() {
  const dockerd = find("dockerd");
  if (!dockerd) throw new Remedy("The package docker.io is installed, but there is no `dockerd`.", howToGetDocker);
  mkdirSync(cacheFolder, { recursive: true });
  const log = join(cacheFolder, "dockerd.log");
  const file = openSync(log, "w");
  const daemon = spawn(dockerd, [], { detached: true, stdio: ["ignore", file, file], cwd: "/" });
  let ended = false;
  for (const event of ["error", "exit"]) {
    daemon.once(event, () => {
      ended = true;
    });
  }
  daemon.unref();
  const engine = await until(async () => ended || (await answer()), 60_000);
  if (!engine || ended) {
    if (!ended) daemon.kill();
    throw new Remedy(
      `\`dockerd\` was started but ${ended ? "ended" : "did not answer within a minute"}. Its last words (${log}):\n${tail(readFileSync(log, "utf8"), 8)}`,
      "see what it says above. In a container, dockerd needs a privileged one; a running engine can be named with DOCKER_HOST instead.",
    );
  }
  return {
    ...engine,
    started: `started dockerd, which stays running (stop it with \`kill ${daemon.pid}\`; log in ${log})`,
  };
}

/**
 * Provides a running engine: the existing one, or one that this function installs (on Debian, as root) and starts.
 *
 * @returns {Promise<{ version: string, started?: string }>} `started`: what the user should know about an engine
 * started here
 */
export async function ensureEngine() {
  const engine = await findEngine(dockerClients());
  if ("version" in engine) return engine;
  refuseToStart(engine.refusal);

  let installed = "";
  if (!find("dockerd") || dockerClients().length === 0) {
    begin("docker", "no engine answers: installing docker.io with apt-get");
    // Newer Debian releases have the client and buildx in separate packages.
    const { ok, output } = await install(["docker.io"], ["docker-cli", "docker-buildx"]);
    if (!ok) throw new Remedy(`docker.io could not be installed:\n${tail(output)}`, howToGetDocker);
    installed = "installed docker.io, ";
  }
  const service = await startService();
  const running = service
    ? { ...service, started: "started Docker's service, which stays running" }
    : await startDaemon();
  return { version: running.version, started: `${installed}${running.started}` };
}
