import { existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./paths.mjs";
import { run, tail } from "./process.mjs";
import { begin, Remedy, step } from "./progress.mjs";

const oldestNode = [20, 19];
const sources = ["sdk", "provider", "runtime", "emulator", "cli"];

function modified(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

function newest(path) {
  if (!existsSync(path)) return 0;
  if (!statSync(path).isDirectory()) return modified(path);
  const entries = readdirSync(path).filter((entry) => entry !== "dist");
  return Math.max(0, ...entries.map((entry) => newest(join(path, entry))));
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  throw new Remedy(
    `Node.js ${process.versions.node} is too old: ${oldestNode.join(".")} or newer is needed.`,
    "install Node.js 22 from https://nodejs.org, then run this command again.",
  );
}

// Written after a build without errors, because the compiler also writes output when there are errors.
const stamp = join(root, "dist", ".complete");

/**
 * Runs `npm ci` when node_modules is missing or older than the lock file. Skips install scripts: our own is the build,
 * which is a separate step, and those of dependencies only compile accelerators, which need a toolchain and downloads.
 */
async function install() {
  const installed = modified(join(root, "node_modules", ".package-lock.json"));
  if (installed > 0 && installed >= modified(join(root, "package-lock.json")))
    return { said: "npm packages are there" };
  begin("dependencies", "npm ci");
  // Development packages are needed regardless of NODE_ENV and the user's npm configuration.
  const { code, output } = await run("npm", ["ci", "--ignore-scripts", "--include=dev"], { cwd: root });
  if (code !== 0) {
    throw new Remedy(
      `\`npm ci\` ended with code ${code}:\n${tail(output)}`,
      "see what npm says above; `npm ping` tells whether the registry answers. Then run this command again.",
    );
  }
  return { said: "npm packages installed" };
}

/** Runs `npm run build` when dist/ is missing or older than its sources. */
async function build() {
  const inputs = [...sources, "openapi", "scripts/build.mjs", "tsconfig.json", "tsconfig.build.json"].map((name) =>
    newest(join(root, name)),
  );
  if (modified(stamp) > Math.max(...inputs)) return { said: "dist/ is up to date" };
  // Taken before the compiler reads, so that a source saved during the build counts as newer.
  const start = new Date();
  const { code, output } = await run("npm", ["run", "--silent", "build"], { cwd: root });
  if (code !== 0) {
    rmSync(stamp, { force: true });
    throw new Remedy(
      `The TypeScript sources do not compile:\n${tail(output, 40)}`,
      "correct the lines above and run this command again.",
    );
  }
  writeFileSync(stamp, "");
  utimesSync(stamp, start, start);
  return { said: "dist/ built" };
}

/** Brings node_modules/ and dist/ of both packages up to date. */
export async function dependencies() {
  checkNode();
  await step("dependencies", install);
  await step("build", build);
}
