import { resolve } from "node:path";
import { readRegularFile } from "../bytes/regular-file";
import type { DockerClient } from "./find";

/** The source of a build secret: a variable of this process's environment, or a file. Never the value. */
type SecretSource = { readonly env: string } | { readonly file: string };

/** What to build. */
export interface BuildSpec {
  /** The folder with the files for COPY and ADD. */
  readonly context: string;
  /** Default: `<context>/Dockerfile`. May lie outside the context. */
  readonly dockerfile?: string | undefined;
  readonly args?: Readonly<Record<string, string>> | undefined;
  /** The stage to build. Default: the last one. */
  readonly target?: string | undefined;
  /** By the id in `RUN --mount=type=secret,id=…`. */
  readonly secrets?: Readonly<Record<string, SecretSource>> | undefined;
  /** By the id in `RUN --mount=type=ssh`, or `default` when the mount gives none: an agent's socket, or a private key. */
  readonly ssh?: Readonly<Record<string, SecretSource>> | undefined;
  /** The network of RUN steps. Default: BuildKit's `default`. */
  readonly network?: "default" | "none" | "host" | undefined;
  /** Ask the registry for a newer base image. Default: false. */
  readonly pull?: boolean | undefined;
  /** Default: false. */
  readonly noCache?: boolean | undefined;
  /** Images or, with buildx, any cache source such as `type=registry,ref=…`. */
  readonly cacheFrom?: readonly string[] | undefined;
  /** Needs buildx. */
  readonly cacheTo?: readonly string[] | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** A builder by name. Needs buildx. Default: the client's builder. */
  readonly builder?: string | undefined;
  readonly tag: string;
  /** Bench runs only on Linux x86, on any build machine (vendor page, "Requirements"). */
  readonly platform: "linux/amd64";
}

/** A build's declaration cannot work; `property` is the path as the user wrote it. */
export class BuildSpecError extends Error {
  override readonly name = "BuildSpecError";
  constructor(
    readonly property: string,
    message: string,
  ) {
    super(message);
  }
}

/** The features of a build that a client lacks, at the properties that need them. */
export function beyondClient(
  spec: Pick<BuildSpec, "cacheFrom" | "cacheTo" | "builder">,
  { builds }: Pick<DockerClient, "builds">,
): BuildSpecError[] {
  if (builds === "buildx") {
    return [];
  }
  const wanted = [
    (spec.cacheTo?.length ?? 0) > 0 ? ["build.cacheTo"] : [],
    spec.builder === undefined ? [] : ["build.builder"],
    // Without buildx, a source can only be the name of an image.
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
 * All layers plain, including the base's: compressing them twice would not make them smaller, and they could not be read
 * while they stream (docs.docker.com, "Exporters overview": compression, force-compression).
 */
const archiveOutput = "--output=type=docker,dest=-,compression=uncompressed,force-compression=true";

/** The command line of a build, and what it adds to the client's environment. */
export function buildCommand(
  spec: BuildSpec,
  client: Pick<DockerClient, "builds">,
  env: NodeJS.ProcessEnv,
  result: BuildResult = "store",
): { args: string[]; env: Record<string, string> } {
  const [refused] = beyondClient(spec, client);
  if (refused !== undefined) {
    throw refused;
  }
  const byEnv: Record<string, string> = {};
  const buildArgs = Object.entries(spec.args ?? {}).flatMap(([name, value]) => {
    // A value in the environment keeps the command line short, but must not change what the client itself does. So only safe
    // names go there.
    if (!canGoByEnvironment(name, env)) {
      return ["--build-arg", `${name}=${value}`];
    }
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
  if ("file" in source) {
    return `id=${id},${csvField(`src=${resolve(source.file)}`)}`;
  }
  variable(source.env, property, env);
  return `id=${id},${csvField(`env=${source.env}`)}`;
}

/** Both forms are paths, so nothing here is secret: the agent keeps its keys, and the client itself reads a key's file. */
function sshOption(id: string, source: SecretSource, env: NodeJS.ProcessEnv): string {
  const property = checkedId("build.ssh", id);
  const path = "file" in source ? resolve(source.file) : variable(source.env, property, env);
  // The client would read the text after a comma as another key, and supports no quotes here.
  if (path.includes(",")) {
    throw new BuildSpecError(property, `docker takes no path with a comma in it: ${path}`);
  }
  return `${id}=${path}`;
}

function checkedId(map: string, id: string): string {
  if (!/^[\w.-]+$/.test(id)) {
    throw new BuildSpecError(`${map}.${id}`, "an id may hold letters, digits, dots, dashes and underscores");
  }
  return `${map}.${id}`;
}

function variable(name: string, property: string, env: NodeJS.ProcessEnv): string {
  const value = env[name];
  if (value === undefined || value === "") {
    throw new BuildSpecError(property, `the environment variable ${name} is not set`);
  }
  return value;
}

/** The client reads the option as a line of CSV. */
function csvField(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const largestSecret = 1024 * 1024;

/** The values of a build's secrets, for removing them from the build's output. The client reports files that cannot be read. */
export async function secretValues(spec: BuildSpec, env: NodeJS.ProcessEnv): Promise<string[]> {
  const values = await Promise.all(
    Object.values(spec.secrets ?? {}).map(async (source) =>
      "env" in source ? env[source.env] : await readSmall(source.file),
    ),
  );
  // Output is processed line by line, so each line of a secret is removed separately. Very short lines are skipped, as they
  // would match inside ordinary words.
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
