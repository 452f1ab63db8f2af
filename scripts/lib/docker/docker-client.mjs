import { homedir } from "node:os";
import { join } from "node:path";
import { findAll, run } from "../process.mjs";

const usualFolders = [
  "/usr/local/bin",
  "/usr/bin",
  "/bin",
  "/snap/bin",
  "/opt/homebrew/bin",
  join(homedir(), ".docker", "bin"),
  "/Applications/Docker.app/Contents/Resources/bin",
];

/** Every docker client on this machine, those on PATH first. Some of them may not be able to build. */
export function dockerClients() {
  return findAll("docker", usualFolders);
}

/**
 * Asks the engine of this client for its version, with the client's own settings (DOCKER_HOST, a docker context, the
 * default socket).
 *
 * @returns {Promise<{ client: string, version: string } | { client: string, refusal: string }>}
 */
async function askEngine(client) {
  const { code, stdout, output, timedOut } = await run(client, ["version", "--format", "{{.Server.Version}}"], {
    timeout: 15_000,
  });
  const version = stdout.trim();
  if (code === 0 && version !== "" && version !== "<no value>") return { client, version };
  return { client, refusal: timedOut ? "no answer within 15 s" : output.trim() };
}

/** The first engine that answers one of the clients; otherwise the reasons why none did. */
export async function findEngine(clients) {
  const refusals = new Set();
  for (const client of clients) {
    const answer = await askEngine(client);
    if ("version" in answer) return answer;
    refusals.add(answer.refusal);
  }
  return { refusal: [...refusals].join("\n") };
}

/**
 * Tries whether this client builds with BuildKit: version 23 or newer needs the buildx plugin, older versions contain
 * BuildKit. The old builder refuses `--output`, so success means BuildKit, and the build leaves no image.
 *
 * @returns {Promise<string | undefined>} why not, or undefined when it does
 */
async function whyNoBuildKit(client) {
  const { code, output, timedOut } = await run(client, ["build", "--output", "type=tar,dest=-", "-"], {
    env: { ...process.env, DOCKER_BUILDKIT: "1" },
    input: "FROM scratch\n",
    timeout: 60_000,
  });
  if (code === 0) return undefined;
  return timedOut ? "no answer within 60 s" : (output.trim().split("\n")[0] ?? `exit code ${code}`);
}

/**
 * The first client that builds with BuildKit.
 *
 * @returns {Promise<{ client?: string, refusals: string[] }>} `refusals`: for each client that cannot, its path and the reason
 */
export async function findBuilder(clients) {
  const refusals = [];
  for (const client of clients) {
    const reason = await whyNoBuildKit(client);
    if (reason === undefined) return { client, refusals };
    refusals.push(`${client}: ${reason}`);
  }
  return { refusals };
}
