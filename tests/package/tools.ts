import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import path from "node:path";
import { cacheFolder } from "../../provider/cache-folder";
import { command } from "../support/programs/command";

/** A program that npm has as a package. */
export interface Tool {
  readonly package: string;
  readonly version: string;
  /** Below node_modules. */
  readonly program: string;
}

export const pnpm: Tool = { package: "pnpm", version: "12.21.0", program: "pnpm/bin/pnpm.mjs" };
export const yarn: Tool = {
  package: "@yarnpkg/cli-dist",
  version: "4.18.1",
  program: "@yarnpkg/cli-dist/bin/yarn.js",
};

const system = `${process.platform}-${process.arch}`;

export const bun: Tool = { package: `@oven/bun-${system}`, version: "1.4.5", program: `@oven/bun-${system}/bin/bun` };

export function node(version: string): Tool {
  return { package: `node-${system}`, version, program: `node-${system}/bin/node` };
}

/** No package for this platform, or not this version. */
const notThere = /\b(E404|ETARGET|EBADPLATFORM)\b/;

/** The path of a tool, which the cache keeps for the next run; undefined where npm has none for this platform. */
async function installed(tool: Tool): Promise<string | undefined> {
  const folder = path.join(path.dirname(cacheFolder("layers")), "tools");
  const kept = path.join(folder, `${tool.package.replace("/", "+")}@${tool.version}`);
  const program = path.join(kept, "node_modules", tool.program);
  if (existsSync(program)) return program;
  await mkdir(folder, { recursive: true });
  const beside = await mkdtemp(path.join(folder, ".installing-"));
  try {
    const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefix", beside];
    const { code, all } = await command("npm", ["install", ...options, `${tool.package}@${tool.version}`], {
      mayFail: true,
    });
    if (code !== 0 && notThere.test(all)) return undefined;
    if (code !== 0) throw new Error(`npm could not install ${tool.package}: ${all}`);
    await rm(kept, { recursive: true, force: true });
    await rename(beside, kept);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return program;
}

/** Skips a test, with the reason, where a tool is not to be had. */
export async function installedOrSkip(context: Mocha.Context, tool: Tool): Promise<string> {
  const program = await installed(tool);
  if (program !== undefined) return program;
  context.skipReason = `npm has no ${tool.package}@${tool.version} for ${system}`;
  return context.skip();
}
