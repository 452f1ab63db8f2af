import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { DockerClient } from "./find";

/** Where the value of a build secret comes from: a variable of this process's environment, or a file. Never a value. */
export type SecretSource = { readonly env: string } | { readonly file: string };

/** What to build. */
export interface BuildSpec {
  /** The folder whose files COPY and ADD can use. */
  readonly context: string;
  /** Default: `<context>/Dockerfile`. May lie outside of the context. */
  readonly dockerfile?: string | undefined;
  readonly args?: Readonly<Record<string, string>> | undefined;
  /** The stage to build. Default: the last one. */
  readonly target?: string | undefined;
  /** By the id that `RUN --mount=type=secret,id=…` names. */
  readonly secrets?: Readonly<Record<string, SecretSource>> | undefined;
  /** Ask the registry for a newer base image. Default false. */
  readonly pull?: boolean | undefined;
  /** Default false. */
  readonly noCache?: boolean | undefined;
  /** Images, or with buildx any cache source such as `type=registry,ref=…`. */
  readonly cacheFrom?: readonly string[] | undefined;
  /** Needs buildx. */
  readonly cacheTo?: readonly string[] | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly tag: string;
  /** Bench runs on Linux x86 only, whatever machine builds (vendor page, "Requirements"). */
  readonly platform: "linux/amd64";
}

/** Something in a build's declaration that cannot work; `property` is the path as the user wrote it. */
export class BuildSpecError extends Error {
  override readonly name = "BuildSpecError";
  constructor(
    readonly property: string,
    message: string,
  ) {
    super(message);
  }
}

/** The command line of a build, and what its environment holds beside the client's own. */
export function buildCommand(
  spec: BuildSpec,
  client: Pick<DockerClient, "builds">,
  env: NodeJS.ProcessEnv,
): { args: string[]; env: Record<string, string> } {
  if (client.builds === "classic" && (spec.cacheTo?.length ?? 0) > 0)
    throw new BuildSpecError(
      "build.cacheTo",
      "needs the buildx plugin of Docker (package docker-buildx-plugin); this docker client builds without it",
    );
  const byEnv: Record<string, string> = {};
  const buildArgs = Object.entries(spec.args ?? {}).flatMap(([name, value]) => {
    // By name only where that is safe: a value in the environment keeps the command line short and clean, but must not
    // change what the client itself does.
    if (!canGoByEnvironment(name, env)) return ["--build-arg", `${name}=${value}`];
    byEnv[name] = value;
    return ["--build-arg", name];
  });
  const args = [
    ...(client.builds === "buildx" ? ["buildx", "build", "--load"] : ["build"]),
    "--progress=plain",
    `--platform=${spec.platform}`,
    ...(spec.dockerfile === undefined ? [] : ["--file", resolve(spec.dockerfile)]),
    ...(spec.target === undefined ? [] : ["--target", spec.target]),
    ...buildArgs,
    ...Object.entries(spec.secrets ?? {}).flatMap(([id, source]) => ["--secret", secretOption(id, source, env)]),
    ...(spec.pull === true ? ["--pull"] : []),
    ...(spec.noCache === true ? ["--no-cache"] : []),
    ...(spec.cacheFrom ?? []).flatMap((source) => ["--cache-from", source]),
    ...(spec.cacheTo ?? []).flatMap((target) => ["--cache-to", target]),
    ...Object.entries(spec.labels ?? {}).flatMap(([name, value]) => ["--label", `${name}=${value}`]),
    "--tag",
    spec.tag,
    "--",
    resolve(spec.context),
  ];
  return { args, env: byEnv };
}

const readByTheClient =
  /^(?:DOCKER_|BUILDKIT_|BUILDX_|COMPOSE_|OTEL_|XDG_|LD_|DYLD_|GO|SSH_|SSL_)|^(?:PATH|HOME|TMPDIR|TMP|TEMP|USERPROFILE|NO_COLOR|TERM)$|_PROXY$/i;

function canGoByEnvironment(name: string, env: NodeJS.ProcessEnv): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !readByTheClient.test(name) && env[name] === undefined;
}

function secretOption(id: string, source: SecretSource, env: NodeJS.ProcessEnv): string {
  const property = `build.secrets.${id}`;
  if (!/^[\w.-]+$/.test(id))
    throw new BuildSpecError(property, "an id may hold letters, digits, dots, dashes and underscores");
  if ("file" in source) return `id=${id},${csvField(`src=${resolve(source.file)}`)}`;
  if (env[source.env] === undefined)
    throw new BuildSpecError(property, `the environment variable ${source.env} is not set`);
  return `id=${id},${csvField(`env=${source.env}`)}`;
}

/** The client reads the option as a line of CSV. */
function csvField(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const largestSecret = 1024 * 1024;

/**
 * The values of a build's secrets, to blank them in what the build prints. A file that cannot be read is left to the client
 * to complain of.
 */
export async function secretValues(spec: BuildSpec, env: NodeJS.ProcessEnv): Promise<string[]> {
  const values = await Promise.all(
    Object.values(spec.secrets ?? {}).map(async (source) =>
      "env" in source ? env[source.env] : await readSmall(source.file),
    ),
  );
  // Output is looked at line by line, so a secret of several lines is blanked line by line. Very short ones would blank
  // half of every word.
  return values
    .flatMap((value) => (value ?? "").split(/\r?\n/))
    .map((line) => line.trim())
    .filter((line) => line.length >= 4)
    .sort((a, b) => b.length - a.length);
}

async function readSmall(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).size > largestSecret ? undefined : await readFile(path, "utf8");
  } catch {
    return undefined;
  }
}
