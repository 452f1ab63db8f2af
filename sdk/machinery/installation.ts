import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { warn } from "./warn";

/** The code in the state loads this module. */
const provider = "pulumi-ica/provider";

/** The engine starts the handlers' process in the program's folder. That is the current folder until the program changes it. */
const programFolder = process.cwd();

let checked = false;

/**
 * Pulumi loads the handlers from the program's folder, not from the package that declares the resource. If a program has
 * pulumi-ica only through another package, loading would fail with a stack trace. This check ends the program first and says
 * what to do. Tests with mocks and inline programs of the Automation API have no folder.
 *
 * @throws pulumi.RunError
 */
export function checkInstallation(): void {
  if (checked || pulumi.runtime.getRootDirectory() === "") {
    return;
  }
  const found = providerFrom(programFolder);
  if (found === undefined) {
    throw new pulumi.RunError(missing(programFolder));
  }
  checked = true;
  const [declares, handles] = [versionSeenBy(__filename), versionSeenBy(found)];
  if (declares !== handles) {
    warn(mismatch(declares, handles, programFolder));
  }
}

/** The file that Pulumi loads for a program in `folder`. */
function providerFrom(folder: string): string | undefined {
  try {
    const program = createRequire(join(folder, "package.json"));
    // Plug'n'Play resolves for the package that asks: the Pulumi package that starts the handlers.
    const asking = plugAndPlay() ? createRequire(program.resolve("@pulumi/pulumi/cmd/dynamic-provider")) : program;
    return asking.resolve(provider);
  } catch {
    return undefined;
  }
}

/** The version of the copy of this package that contains `file`. */
function versionSeenBy(file: string): string {
  const manifest: { readonly version: string } = createRequire(file)("pulumi-ica/package.json");
  return manifest.version;
}

function missing(folder: string): string {
  const manifest = manifestOf(folder);
  if (plugAndPlay()) {
    return (
      `Pulumi cannot load pulumi-ica for the program in ${folder}. Add pulumi-ica to the dependencies in ${manifest}, add ` +
      `the line \`packageExtensions: {"@pulumi/pulumi@*": {peerDependencies: {pulumi-ica: "*"}}}\` to .yarnrc.yml, and run ` +
      "`yarn install`."
    );
  }
  return (
    `Pulumi cannot load pulumi-ica from ${folder}: only another package depends on it. Add ` +
    `"pulumi-ica": "${versionSeenBy(__filename)}" to the dependencies in ${manifest}, and install them.`
  );
}

function mismatch(declares: string, handles: string, folder: string): string {
  return (
    `pulumi-ica ${declares} declares resources of this program, and pulumi-ica ${handles} handles them: Pulumi loads it from ` +
    `${folder}. Set the same version in ${manifestOf(folder)}.`
  );
}

function plugAndPlay(): boolean {
  return process.versions.pnp !== undefined;
}

/** The package.json that decides what `folder` can load. */
function manifestOf(folder: string): string {
  for (let above = folder; ; above = dirname(above)) {
    const manifest = join(above, "package.json");
    if (existsSync(manifest)) {
      return manifest;
    }
    if (above === dirname(above)) {
      return join(folder, "package.json");
    }
  }
}
