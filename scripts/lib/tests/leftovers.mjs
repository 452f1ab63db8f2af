import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { run, until } from "../process.mjs";

/** The label of everything that the provider and the emulator create in Docker. */
const label = "pulumi-ica";

/**
 * The label with the test run that created an object through the runtime. The variable has the label's value
 * (runtime/names.ts).
 */
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
 * Our objects in Docker, except those that a test run other than `mark` created: that run cleans up its own.
 *
 * @returns {Promise<Map<string, string>>} id → description
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

/** Marks the environment, and with it every process started from it, daemons included. */
export function marked(env) {
  const mark = randomUUID();
  return { mark, env: { ...env, [runVariable]: mark } };
}

/** The processes with the mark (on Linux; elsewhere none). */
function processesOf(mark) {
  if (process.platform !== "linux") return new Map();
  const found = new Map();
  for (const pid of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "utf8").includes(`${runVariable}=${mark}\0`)) continue;
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      // A process that has ended but is not reaped yet has no command line.
      if (command !== "") found.set(Number(pid), `process ${pid}: ${command}`);
    } catch {
      // ended meanwhile, or belongs to another user
    }
  }
  return found;
}

/**
 * What a run left behind, as text. Waits up to ten seconds for objects that are being removed. Ends processes that are
 * still there, because the mark proves them ours; objects in Docker stay for inspection.
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
      // has just ended by itself
    }
  }
  return [...left.values(), ...[...processes.values()].map((words) => `${words} (ended now)`)];
}
