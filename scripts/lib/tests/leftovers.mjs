import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { run, until } from "../process.mjs";

/** Carried by everything that the provider and the emulator make in Docker. */
const label = "pulumi-ica";

/** On what a run of tests made through the runtime: whose it is. The variable has the value (runtime/names.ts). */
const runLabel = "pulumi-ica.test-run";
const runVariable = "PULUMI_ICA_TEST_RUN";

const listings = {
  container: [
    "ps",
    "--all",
    "--no-trunc",
    "--format",
    `{{.ID}}\t{{.Label "${runLabel}"}}\t{{.Names}} ({{.Status}}), ${label}={{.Label "${label}"}}`,
  ],
  network: [
    "network",
    "ls",
    "--no-trunc",
    "--format",
    `{{.ID}}\t{{.Label "${runLabel}"}}\t{{.Name}}, ${label}={{.Label "${label}"}}`,
  ],
  volume: [
    "volume",
    "ls",
    "--format",
    `{{.Name}}\t{{.Label "${runLabel}"}}\t{{.Name}}, ${label}={{.Label "${label}"}}`,
  ],
};

/**
 * What of ours is in Docker now, but for what says that it is of another run than `mark`: that one looks after it.
 *
 * @returns {Promise<Map<string, string>>} by id, in words
 */
export async function labelled(docker, mark) {
  const found = new Map();
  for (const [kind, args] of Object.entries(listings)) {
    const { code, stdout, output } = await run(docker, [...args, "--filter", `label=${label}`], { timeout: 30_000 });
    if (code !== 0) throw new Error(`\`docker ${args[0]}\` failed: ${output.trim()}`);
    for (const line of stdout.split("\n").filter((each) => each !== "")) {
      const [id, run, words] = line.split("\t");
      if (run === "" || run === mark) found.set(`${kind} ${id}`, `${kind} ${words}`);
    }
  }
  return found;
}

/** Marks the environment, and so every process that comes of it, daemons included. */
export function marked(env) {
  const mark = randomUUID();
  return { mark, env: { ...env, [runVariable]: mark } };
}

/** The processes that carry the mark (Linux; none elsewhere). */
function processesOf(mark) {
  if (process.platform !== "linux") return new Map();
  const found = new Map();
  for (const pid of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "utf8").includes(`${runVariable}=${mark}\0`)) continue;
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      // A process that has ended and waits for its parent to notice has no command line.
      if (command !== "") found.set(Number(pid), `process ${pid}: ${command}`);
    } catch {
      // ended while we looked, or of another user
    }
  }
  return found;
}

/**
 * What a run has left behind, in words. Things on their way out get ten seconds. Processes that are still there then are
 * ended, being certainly ours; things in Docker stay, to be looked at.
 */
export async function leftovers(docker, before, mark) {
  let left = new Map();
  let processes = new Map();
  await until(async () => {
    const now = await labelled(docker, mark);
    left = new Map([...now].filter(([id]) => !before.has(id)));
    processes = processesOf(mark);
    return left.size + processes.size === 0;
  }, 10_000);
  for (const pid of processes.keys()) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // ended by itself just now
    }
  }
  return [...left.values(), ...[...processes.values()].map((words) => `${words} (ended now)`)];
}
