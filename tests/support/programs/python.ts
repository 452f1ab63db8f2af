import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import path from "node:path";
import { cacheFolder } from "../../../provider/cache-folder";
import { command } from "./command";

/** The Pulumi SDK that the programs run with: as old as the engine that set-up builds. */
const pulumi = "pulumi==3.259.0";
// What the generated SDK needs besides.
const packages = [pulumi, "parver>=0.2.1", "semver>=2.8.1"];

const options = ["--quiet", "--disable-pip-version-check"];

/** A Python that has Pulumi's SDK. */
export interface Python {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
}

const sdk = path.resolve(__dirname, "../../../sdk/python");

/** Installs this project's generated SDK into `folder` as a person does, with pip. Returns a Python that has both. */
export async function withGeneratedSdk(python: Python, folder: string): Promise<Python> {
  // A copy, because the build leaves files beside the sources.
  const [sources, packages] = [path.join(folder, "sources"), path.join(folder, "packages")];
  await cp(sdk, sources, { recursive: true });
  const args = ["-m", "pip", "install", ...options, "--no-deps", "--target", packages, sources];
  await command(python.program, args, { env: python.env });
  const found = [packages, python.env.PYTHONPATH ?? ""].filter((each) => each !== "").join(path.delimiter);
  return { ...python, env: { ...python.env, PYTHONPATH: found } };
}

/** What can be skipped, as Mocha's context of a test. */
interface Skippable {
  skip(): never;
  skipReason?: string;
}

/** Skips the tests, with the reason, where no Python can have Pulumi's SDK. The cache keeps it for the next run. */
export async function pythonOrSkip(context: Skippable): Promise<Python> {
  const asked = ["-c", "import sys; print(sys.version_info >= (3, 10), '%d.%d' % sys.version_info[:2])"];
  const { code, stdout } = await command("python3", asked, { mayFail: true }).catch(() => ({ code: 1, stdout: "" }));
  const [recent, version = ""] = stdout.split(" ");
  if (code !== 0 || recent !== "True") {
    return skip(
      context,
      code === 0 ? `python3 is ${version}, and 3.10 or newer is needed` : "there is no python3 on PATH",
    );
  }
  const folder = path.join(path.dirname(cacheFolder("layers")), "tools");
  const kept = path.join(folder, `python${version}+${pulumi}`);
  if (!existsSync(kept)) {
    await mkdir(folder, { recursive: true });
    const beside = await mkdtemp(path.join(folder, ".installing-"));
    try {
      const problem = await install(beside);
      if (problem !== undefined) return skip(context, problem);
      await rename(beside, kept);
    } finally {
      await rm(beside, { recursive: true, force: true });
    }
  }
  const own = path.join(kept, "venv", "bin", "python");
  return existsSync(own)
    ? { program: own, env: {} }
    : { program: "python3", env: { PYTHONPATH: path.join(kept, "packages") } };
}

/** Installs Pulumi's SDK into a virtual environment or, where Python comes without what makes one, into a folder. */
async function install(into: string): Promise<string | undefined> {
  const venv = path.join(into, "venv");
  const made = await command("python3", ["-m", "venv", venv], { mayFail: true });
  if (made.code === 0) {
    const python = path.join(venv, "bin", "python");
    const { code, all } = await command(python, ["-m", "pip", "install", ...options, ...packages], { mayFail: true });
    return code === 0 ? undefined : `pip cannot install ${pulumi}: ${all}`;
  }
  await rm(venv, { recursive: true, force: true });
  const target = ["--target", path.join(into, "packages")];
  const { code, all } = await command("python3", ["-m", "pip", "install", ...options, ...target, ...packages], {
    mayFail: true,
  });
  return code === 0 ? undefined : `python3 has neither ensurepip (Debian: python3-venv) nor pip: ${all}`;
}

function skip(context: Skippable, reason: string): never {
  context.skipReason = reason;
  return context.skip();
}
