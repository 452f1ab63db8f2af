import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";

/** The variable that names the docker client, as a path or a command (README). */
export const dockerVariable = "ICA_BENCH_DOCKER";

/** Folders where installers put Docker even if PATH does not list them. */
function usualFolders(): string[] {
  return [
    "/usr/bin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/snap/bin",
    join(homedir(), ".docker/bin"),
    "/Applications/Docker.app/Contents/Resources/bin",
  ];
}

/** The docker clients of this machine, as full paths. */
export interface DockerPrograms {
  /** What {@link dockerVariable} names; undefined when it is not set. */
  readonly named: string | undefined;
  /** The folders that were searched. */
  readonly folders: readonly string[];
  /** The client to use comes first. */
  readonly programs: readonly string[];
}

/** Finds the docker clients: what {@link dockerVariable} names, else those on PATH, then those in the usual folders. */
export async function findDockerPrograms(
  env: NodeJS.ProcessEnv,
  more: readonly string[] = usualFolders(),
): Promise<DockerPrograms> {
  const named = env[dockerVariable]?.trim() || undefined;
  const path = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const folders = [...new Set([...path, ...more].map((folder) => resolve(folder)))];
  const isPath = named?.includes("/") === true || named?.includes("\\") === true;
  const programs = isPath ? [resolve(named)] : await programsNamed(named ?? "docker", folders);
  return { named, folders, programs };
}

async function programsNamed(name: string, folders: readonly string[]): Promise<string[]> {
  const files = process.platform === "win32" ? [`${name}.exe`, name] : [name];
  const paths = folders.flatMap((folder) => files.map((file) => join(folder, file)));
  const there = await Promise.all(paths.map(isProgram));
  return paths.filter((_, i) => there[i]);
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
