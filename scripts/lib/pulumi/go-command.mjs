import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findGo, run, tail } from "../process.mjs";
import { begin } from "../progress.mjs";

/**
 * @typedef {object} GoCommand a command whose source is published as a Go module
 * @property {string} file the name of the executable
 * @property {string} package the package to build
 * @property {string} version its module's version
 * @property {string[]} [requires] modules to require in this same version
 * @property {string} [link] further options of the linker
 * @property {string} takes how long a build takes, for people
 */

function goModule({ file, version, requires = [] }) {
  return [`module pulumi-ica.invalid/${file}`, ...requires.map((each) => `require ${each} ${version}`), ""].join("\n");
}

/**
 * Builds a command from its Go modules into `folder`. `go install …@version` refuses a command whose go.mod has replace
 * directives, so a module of our own requires it as a tool. Needs Go 1.24 or newer.
 *
 * @param {GoCommand} command
 * @returns {Promise<string | undefined>} why it failed, or undefined when the executable exists in `folder`
 */
export async function buildFromModules(command, folder) {
  const go = findGo();
  if (!go) return "Go is not installed";
  const { file, version, link = "", takes } = command;
  begin("pulumi", `building ${file} ${version} from its Go modules (about ${takes}, only this once)`);
  mkdirSync(folder, { recursive: true });
  // In the target folder, so that the finished program moves into place in one step and no process sees an incomplete
  // one.
  const workshop = mkdtempSync(join(folder, "building-"));
  try {
    writeFileSync(join(workshop, "go.mod"), goModule(command));
    const env = { ...process.env, GOFLAGS: "-mod=mod -buildvcs=false", GOWORK: "off", CGO_ENABLED: "0" };
    for (const args of [
      ["get", "-tool", `${command.package}@${version}`],
      ["build", "-ldflags", `-s -w ${link}`, "-o", file, command.package],
    ]) {
      const { code, output } = await run(go, args, { cwd: workshop, env });
      if (code !== 0) return `\`go ${args[0]}\` ended with code ${code}:\n${tail(output, 8)}`;
    }
    renameSync(join(workshop, file), join(folder, file));
    return undefined;
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}
