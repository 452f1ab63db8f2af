import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve, sep } from "node:path";
import { root } from "../paths.mjs";
import { say } from "../progress.mjs";

/**
 * Which tests run one after another, in this order, in a process of their own. Two that need the same image of the local
 * Docker, or the same Docker objects, are in one list. A file belongs to the longest path that it begins with; one that
 * no path fits comes last in the last list.
 */
const lanes = [
  ["docker", "emulator", "runtime", "cli", "workflows", "package"],
  ["unit", "contract", "client", "engine/workspaces", "engine/plugin"],
  ["engine", "engine/plugin/image.test.ts", "engine/workspaces/gone.test.ts"],
];

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
const apart = ["browser", "remote", "go"];

function allTests() {
  const folder = join(root, "tests");
  const isApart = (file) => apart.includes(relative(folder, file).split(sep)[0]);
  return testFiles(folder).filter((file) => !isApart(file));
}

/** The list of `lanes` that a test is in, and its place there. */
function placeOf(file) {
  const name = relative(join(root, "tests"), file).replaceAll(sep, "/");
  const fitting = lanes
    .flatMap((paths, lane) => paths.map((path, place) => ({ lane, place, path })))
    .filter(({ path }) => name === path || name.startsWith(`${path}/`))
    .sort((a, b) => b.path.length - a.path.length);
  return fitting[0] ?? { lane: lanes.length - 1, place: Number.POSITIVE_INFINITY };
}

const patience = join(root, "scripts", "lib", "tests", "patience.cjs");

/** Mocha's arguments for each process. A choice of the user runs in one. */
function processes(args) {
  if (args.some(isPath)) return [chosen(args)];
  const files = allTests().map((file) => ({ file, ...placeOf(file) }));
  const options = args.filter((arg) => !isPath(arg));
  return lanes.map((_, index) => {
    const own = files.filter(({ lane }) => lane === index).sort((a, b) => a.place - b.place);
    return ["--require", patience, ...options, ...own.map(({ file }) => relative(root, file))];
  });
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
 * Runs the tests. All of them run in several processes: most of their time is waiting, for Docker above all.
 *
 * @param {string[]} args mocha's options, and paths below tests/ to run only these
 * @returns {Promise<{ passes: number, failures: number, skipped: { title: string, reason: string }[], faults: string[]
 * }>}
 *   `faults`: what went wrong outside of any test
 */
export async function runTests(args, env) {
  const [first, ...others] = processes(args);
  if (others.length > 0)
    say(
      `${others.length + 1} processes run the tests. This is the output of one; the others print theirs when they end.\n`,
    );
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
