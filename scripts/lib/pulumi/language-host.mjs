import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../paths.mjs";

const standIn = join(root, "scripts", "pulumi-language-nodejs.mjs");

/** A word for a POSIX shell, whatever characters it has. */
export function shellWord(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Written beside and moved into place: an engine may be starting the old one at this moment. */
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
 * The executable that runs dynamic resources. @pulumi/pulumi has the same script, but the engine finds it only where somebody
 * has put node_modules/@pulumi/pulumi on PATH. The program's own @pulumi/pulumi is used: the engine starts it in the program's
 * folder.
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
 * The stand-in for the language host, and the dynamic provider's executable, beside the pulumi command. Beside it, because the
 * engine warns at every run of a language host that it finds elsewhere on PATH. A copy, because the folder serves all clones
 * on this machine and outlives any of them.
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
