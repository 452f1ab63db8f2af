import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command, Option } from "commander";
import { z } from "zod";
import { say } from "../output";
import { packageRoot, packageVersion } from "../package-root";

/** The available kinds, each from the example of the same name. */
const kinds = {
  console: "sshd on 2222",
  web: "nginx on 8888, under the path of the workspace",
  rstudio: "an application server with websockets behind nginx, as RStudio is",
} as const;

type Kind = keyof typeof kinds;

/** npm packages do not include Git's own files, so they are here. */
const gitFiles = {
  ".gitattributes": "# With Windows line ends the scripts of the image do not start.\n/image/** text=auto eol=lf\n",
  ".gitignore": "/node_modules/\n",
};

/** `ica-bench init`: writes a working image folder, and a stack around it. */
export function initCommand(): Command {
  return new Command("init")
    .description("Write a working image folder and a Pulumi stack around it. Overwrites nothing.")
    .usage("--kind <kind> [folder]")
    .argument("[folder]", "the folder to write; created if it does not exist", ".")
    .addOption(
      new Option(
        "--kind <kind>",
        Object.entries(kinds)
          .map(([kind, what]) => `${kind}: ${what}`)
          .join("; "),
      )
        .choices(Object.keys(kinds))
        .makeOptionMandatory(),
    )
    .action(async (folder: string, { kind }: { kind: Kind }) => {
      const written = await writeProject(path.resolve(folder), kind);
      say(...written.map((file) => `  ${path.join(folder, file)}`), "", ...nextSteps(folder));
    });
}

/**
 * Writes the example of a kind as a project named after its folder, which depends on the published package. If one of
 * its files already exists, throws and writes nothing. Returns the files written.
 */
export async function writeProject(folder: string, kind: Kind): Promise<string[]> {
  const name = projectName(folder);
  const template = path.join(packageRoot(), "examples", kind);
  const files = new Map<string, string>();
  for (const file of await filesBelow(template)) {
    files.set(file, await readFile(path.join(template, file), "utf8"));
  }
  files.set("package.json", onPublishedPackage(files.get("package.json") ?? "", name));
  files.set("Pulumi.yaml", (files.get("Pulumi.yaml") ?? "").replace(/^name: .*$/m, `name: ${name}`));
  const there = await existing(folder, [...files.keys()]);
  if (there.length > 0) {
    throw new Error(`${folder} has ${there.join(", ")} already, and init overwrites nothing. Name another folder.`);
  }
  // A repository that has its own Git files keeps them.
  const ownGit = await existing(folder, Object.keys(gitFiles));
  for (const [file, text] of Object.entries(gitFiles)) {
    if (!ownGit.includes(file)) {
      files.set(file, text);
    }
  }
  for (const [file, text] of files) {
    const target = path.join(folder, file);
    await mkdir(path.dirname(target), { recursive: true });
    // wx: keeps even a file that appeared after the check.
    await writeFile(target, text, { flag: "wx" });
  }
  return [...files.keys()].sort();
}

/**
 * The files of an example, without installed packages or local configuration. Reads folder by folder, because Yarn's
 * Plug'n'Play returns nothing for a recursive list.
 */
async function filesBelow(template: string, folder = ""): Promise<string[]> {
  const entries = await readdir(path.join(template, folder), { withFileTypes: true });
  const files = await Promise.all(
    entries.map((entry) => {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) {
        return entry.name === "node_modules" ? [] : filesBelow(template, file);
      }
      return entry.isFile() && !/^Pulumi\..+\.yaml$/.test(file) ? [file] : [];
    }),
  );
  return files.flat();
}

const texts = z.record(z.string(), z.string());
const manifest = z.record(z.string(), z.unknown());

function onPublishedPackage(text: string, name: string): string {
  const found = manifest.parse(JSON.parse(text));
  const version = `^${packageVersion()}`;
  const dependencies = { ...texts.parse(found.dependencies), "pulumi-ica": version };
  // For ica-bench run and ica-bench emulator; a stack works without it.
  const devDependencies = { ...texts.parse(found.devDependencies), "pulumi-ica-emulator": version };
  return `${JSON.stringify({ ...found, name, dependencies, devDependencies }, undefined, 2)}\n`;
}

/** A name that npm and Pulumi both accept. */
function projectName(folder: string): string {
  const name = path
    .basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|(?<!-)-+$/g, "")
    .slice(0, 80);
  return name === "" ? "bench-image" : name;
}

async function existing(folder: string, files: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    files.map(async (file) =>
      (await stat(path.join(folder, file)).catch(() => undefined)) === undefined ? [] : [file],
    ),
  );
  return found.flat();
}

function nextSteps(folder: string): string[] {
  const into = path.resolve(folder) === process.cwd() ? [] : [`  cd ${folder}`];
  return [
    "Next:",
    ...into,
    "  npm install",
    "  npx ica-bench lint        # what Bench would refuse, without building",
    "  npx ica-bench run         # build it, and run it as Bench would",
    "  pulumi up                 # publish it, and start a workspace of it",
  ];
}
