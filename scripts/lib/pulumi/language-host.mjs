import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../paths.mjs";

const standIn = join(root, "scripts", "pulumi-language-nodejs.mjs");

/** Quotes a word for a POSIX shell. */
export function shellWord(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Writes to a temporary file and renames it, because an engine may be starting the old one at this moment. */
function replaceFile(path, write) {
  const next = `${path}.${process.pid}`;
  write(next);
  chmodSync(next, 0o755);
  renameSync(next, path);
}

function installScript(path, text) {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  replaceFile(path, (next) => writeFileSync(next, text));
}

/**
 * Installs the executable that runs dynamic resources. @pulumi/pulumi has the same script, but the engine finds it only
 * if node_modules/@pulumi/pulumi is on PATH. It uses the program's own @pulumi/pulumi, because the engine starts it in
 * the program's folder.
 */
export function installDynamicProvider(folder) {
  mkdirSync(folder, { recursive: true });
  installScript(
    join(folder, "pulumi-resource-pulumi-nodejs"),
    `#!/bin/sh
script=$(node -e 'console.log(require.resolve("@pulumi/pulumi/cmd/dynamic-provider"))') || exit 1
exec node "$script" "$@"
`,
  );
}

/**
 * Installs the stand-in for the language host and the dynamic provider's executable in the folder of the pulumi
 * command, because the engine warns at every run about a language host elsewhere on PATH. Copies them, because the
 * folder serves all clones on this machine and outlives each of them.
 */
export function installLanguageHost(folder) {
  const script = join(folder, "pulumi-language-nodejs.mjs");
  if (!existsSync(script) || !readFileSync(script).equals(readFileSync(standIn))) {
    replaceFile(script, (next) => copyFileSync(standIn, next));
  }
  installScript(
    join(folder, "pulumi-language-nodejs"),
    `#!/bin/sh
# Where to find @pulumi/pulumi when the program in the current folder has none (yet).
: "\${PULUMI_ICA_CLONE:=${shellWord(root)}}"
export PULUMI_ICA_CLONE
exec node ${shellWord(script)} "$@"
`,
  );
  installDynamicProvider(folder);
}
