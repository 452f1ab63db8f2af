import { resolve } from "node:path";
import { readRegularFile } from "../bytes/regular-file";
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
  /** By the id that `RUN --mount=type=ssh` names, `default` where it names none: an agent's socket, or a private key. */
  readonly ssh?: Readonly<Record<string, SecretSource>> | undefined;
  /** What RUN may reach. Default: BuildKit's `default`. */
  readonly network?: "default" | "none" | "host" | undefined;
  /** Ask the registry for a newer base image. Default false. */
  readonly pull?: boolean | undefined;
  /** Default false. */
  readonly noCache?: boolean | undefined;
  /** Images, or with buildx any cache source such as `type=registry,ref=…`. */
  readonly cacheFrom?: readonly string[] | undefined;
  /** Needs buildx. */
  readonly cacheTo?: readonly string[] | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Needs buildx: a builder of its own, by name. Default: the client's. */
  readonly builder?: string | undefined;
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

/** What of a build a client cannot do, at the property that wants it. */
export function beyondClient(
  spec: Pick<BuildSpec, "cacheFrom" | "cacheTo" | "builder">,
  { builds }: Pick<DockerClient, "builds">,
): BuildSpecError[] {
  if (builds === "buildx") return [];
  const wanted = [
    (spec.cacheTo?.length ?? 0) > 0 ? ["build.cacheTo"] : [],
    spec.builder === undefined ? [] : ["build.builder"],
    // Without buildx a source is the name of an image and nothing else.
    (spec.cacheFrom ?? []).flatMap((source, i) => (source.includes("=") ? [`build.cacheFrom[${i}]`] : [])),
  ].flat();
  return wanted.map(
    (property) =>
      new BuildSpecError(
        property,
        "needs the buildx plugin of Docker (package docker-buildx-plugin, or docker-buildx); this docker client builds without it",
      ),
  );
}

/** Where the image goes: into the local image store, or out as an archive with plain layers. */
export type BuildResult = "store" | "archive";

/**
 * All layers plain, those of the base included: what is compressed once more is not made smaller, and could not be looked
 * into on the way (docs.docker.com, "Exporters overview": compression, force-compression).
 */
const archiveOutput = "--output=type=docker,dest=-,compression=uncompressed,force-compression=true";

/** The command line of a build, and what its environment holds beside the client's own. */
export function buildCommand(
  spec: BuildSpec,
  client: Pick<DockerClient, "builds">,
  env: NodeJS.ProcessEnv,
  result: BuildResult = "store",
): { args: string[]; env: Record<string, string> } {
  const [refused] = beyondClient(spec, client);
  if (refused !== undefined) throw refused;
  const byEnv: Record<string, string> = {};
  const buildArgs = Object.entries(spec.args ?? {}).flatMap(([name, value]) => {
    // By name only where that is safe: a value in the environment keeps the command line short and clean, but must not
    // change what the client itself does.
    if (!canGoByEnvironment(name, env)) return ["--build-arg", `${name}=${value}`];
    byEnv[name] = value;
    return ["--build-arg", name];
  });
  const args = [
    ...(client.builds === "buildx" ? ["buildx", "build"] : ["build"]),
    ...(result === "archive" ? [archiveOutput] : client.builds === "buildx" ? ["--load"] : []),
    ...(spec.builder === undefined ? [] : ["--builder", spec.builder]),
    "--progress=plain",
    `--platform=${spec.platform}`,
    ...(spec.dockerfile === undefined ? [] : ["--file", resolve(spec.dockerfile)]),
    ...(spec.target === undefined ? [] : ["--target", spec.target]),
    ...buildArgs,
    ...Object.entries(spec.secrets ?? {}).flatMap(([id, source]) => ["--secret", secretOption(id, source, env)]),
    ...Object.entries(spec.ssh ?? {}).flatMap(([id, source]) => ["--ssh", sshOption(id, source, env)]),
    ...(spec.network === undefined ? [] : ["--network", spec.network]),
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
  const property = checkedId("build.secrets", id);
  if ("file" in source) return `id=${id},${csvField(`src=${resolve(source.file)}`)}`;
  variable(source.env, property, env);
  return `id=${id},${csvField(`env=${source.env}`)}`;
}

/** A path either way, so nothing here is secret: the agent keeps its keys, and the client reads a key's file itself. */
function sshOption(id: string, source: SecretSource, env: NodeJS.ProcessEnv): string {
  const property = checkedId("build.ssh", id);
  const path = "file" in source ? resolve(source.file) : variable(source.env, property, env);
  // The client takes what follows a comma for another key, and knows no quotes here.
  if (path.includes(",")) throw new BuildSpecError(property, `docker takes no path with a comma in it: ${path}`);
  return `${id}=${path}`;
}

function checkedId(map: string, id: string): string {
  if (!/^[\w.-]+$/.test(id))
    throw new BuildSpecError(`${map}.${id}`, "an id may hold letters, digits, dots, dashes and underscores");
  return `${map}.${id}`;
}

function variable(name: string, property: string, env: NodeJS.ProcessEnv): string {
  const value = env[name];
  if (value === undefined || value === "")
    throw new BuildSpecError(property, `the environment variable ${name} is not set`);
  return value;
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
    return (await readRegularFile(path, largestSecret)).toString("utf8");
  } catch {
    return undefined;
  }
}
