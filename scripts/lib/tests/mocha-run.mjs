import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve, sep } from "node:path";
import { root } from "../paths.mjs";
import { say } from "../progress.mjs";

/** Quick stages first, so that simple mistakes show early. A folder that is not listed here comes last. */
const stages = ["unit", "contract", "client", "docker", "emulator", "runtime", "cli", "engine", "package"];

function testFiles(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((entry) => {
      const each = join(path, entry);
      if (statSync(each).isDirectory()) return testFiles(each);
      return each.endsWith(".test.ts") ? [each] : [];
    });
}

/**
 * Folders with commands of their own (scripts/test-….mjs): they need a browser, or something that takes minutes to
 * build.
 */
const apart = ["browser", "remote"];

function allTests() {
  const folder = join(root, "tests");
  const isApart = (file) => apart.includes(relative(folder, file).split("/")[0]);
  const stageOf = (file) => {
    const index = stages.indexOf(relative(folder, file).split("/")[0]);
    return index < 0 ? stages.length : index;
  };
  return testFiles(folder)
    .filter((file) => !isApart(file))
    .sort((a, b) => stageOf(a) - stageOf(b));
}

/** Folders whose tests use no Docker: without a choice of the user, they run beside the others, in a process of their own. */
const beside = ["unit", "contract", "client", "package"];

/** Mocha's arguments for each process. The output of the first one is shown as it comes. */
function lanes(args) {
  const all = chosen(args);
  if (args.some(isPath)) return [all];
  const isBeside = (arg) => beside.some((folder) => arg.startsWith(`${join("tests", folder)}${sep}`));
  const isFile = (arg) => arg.startsWith(`tests${sep}`) && arg.endsWith(".test.ts");
  return [all.filter((arg) => !isBeside(arg)), all.filter((arg) => isBeside(arg) || !isFile(arg))];
}

const isPath = (arg) => !arg.startsWith("-") && existsSync(resolve(root, arg));

/** Mocha's arguments for the user's: paths select the tests, the others are mocha's own. */
export function chosen(args) {
  const paths = args.filter(isPath);
  const rest = args.filter((arg) => !paths.includes(arg));
  const files = paths.length > 0 ? paths.flatMap((path) => testFiles(resolve(root, path))) : allTests();
  return [...rest, ...files.map((file) => relative(root, file))];
}

/** How long mocha may take to end after the last test. Longer means that a test left something open. */
const grace = 15_000;

/**
 * Runs the tests. All of them take less time in two processes, since those with Docker mostly wait.
 *
 * @param {string[]} args mocha's options, and paths below tests/ to run only these
 * @returns {Promise<{ passes: number, failures: number, skipped: { title: string, reason: string }[], faults: string[]
 * }>}
 *   `faults`: what went wrong outside of any test
 */
export async function runTests(args, env) {
  const [first, ...others] = lanes(args);
  if (others.length > 0)
    say(`The tests in ${beside.join(", ")} run beside these; their output follows when they have ended.\n`);
  const figures = await Promise.all([mocha(first, env, "inherit"), ...others.map((each) => mocha(each, env, "pipe"))]);
  const sum = (what) => figures.reduce((total, each) => total + each[what], 0);
  return {
    passes: sum("passes"),
    failures: sum("failures"),
    skipped: figures.flatMap(({ skipped }) => skipped),
    faults: figures.flatMap(({ faults }) => faults),
  };
}

/** Runs one mocha process. With `pipe`, its output is printed when it has ended. */
async function mocha(args, env, stdio) {
  const folder = mkdtempSync(join(tmpdir(), "pulumi-ica-test-"));
  const output = join(folder, "figures.json");
  const program = join(root, "node_modules", "mocha", "bin", "mocha.js");
  const reporter = join(root, "scripts", "lib", "tests", "mocha-reporter.mjs");
  const child = spawn(
    process.execPath,
    [program, "--reporter", reporter, "--reporter-option", `output=${output}`, ...args],
    { cwd: root, env, stdio: ["ignore", stdio, stdio] },
  );
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => printed.push(chunk));
  // Ctrl-C reaches mocha by itself: it ends the current test and cleans up. This process waits for that.
  const onInterrupt = () => undefined;
  const onTerminate = () => child.kill("SIGINT");
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", onTerminate);
  const faults = [];
  let late;
  const watch = setInterval(() => {
    if (!existsSync(output)) return;
    clearInterval(watch);
    late = setTimeout(() => {
      faults.push(`mocha did not end within ${grace / 1000} s of its last test: a test has left something open`);
      child.kill("SIGKILL");
    }, grace);
  }, 500);
  const code = await new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", done);
  });
  process.stdout.write(Buffer.concat(printed));
  clearInterval(watch);
  clearTimeout(late);
  process.off("SIGINT", onInterrupt);
  process.off("SIGTERM", onTerminate);
  try {
    if (!existsSync(output)) {
      const fault = `mocha ended with code ${code} before the tests did`;
      return { passes: 0, failures: 0, skipped: [], faults: [fault] };
    }
    const figures = JSON.parse(readFileSync(output, "utf8"));
    if (code !== 0 && figures.failures === 0 && faults.length === 0) faults.push(`mocha ended with code ${code}`);
    return { ...figures, faults };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
