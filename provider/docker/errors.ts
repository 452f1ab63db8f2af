/** No Docker client can do what is needed. The message says what was looked for, where, and what to install. */
export class DockerNotFoundError extends Error {
  override readonly name = "DockerNotFoundError";
}

/** A Docker command failed. The message contains the command, Docker's own words and, if there is one, the action to take. */
export class DockerError extends Error {
  override readonly name = "DockerError";
  constructor(
    /** For example `docker image inspect`; never contains arguments that could be secret. */
    readonly command: string,
    /** Docker's own words. */
    readonly words: string,
  ) {
    const advice = adviceFor(words);
    super(`${command} failed: ${words === "" ? "it gave no reason" : words}${advice === "" ? "" : `\n${advice}`}`);
  }
}

/** The buildx builder does not exist. */
export class BuilderError extends Error {
  override readonly name = "BuilderError";
  constructor(
    readonly builder: string,
    /** buildx's own words. */
    readonly words: string,
  ) {
    super(
      `buildx could not inspect builder "${builder}": ${words.replace(/^ERROR:\s*/, "") || "it gave no reason"}. ` +
        "`docker buildx ls` lists those that there are, `docker buildx create` makes one.",
    );
  }
}

/** The build failed. Contains the failing step and the last lines of its output. */
export class BuildError extends Error {
  override readonly name = "BuildError";
  constructor(
    /** For example `[3/7] RUN make`; undefined when the build failed outside any step. */
    readonly step: string | undefined,
    readonly reason: string,
    /** The step's last output; at most 20 lines. */
    readonly output: readonly string[],
  ) {
    const where = step === undefined ? "" : ` at ${step}`;
    const lines = output.map((line) => `\n  ${line}`).join("");
    const advice = adviceFor([step ?? "", reason, ...output].join("\n"));
    super(`docker build failed${where}: ${reason}${lines}${advice === "" ? "" : `\n${advice}`}`);
  }
}

/** What the client's gRPC library reports when it loses a builder or cannot reach it. */
const builderLost =
  /(?:code =|failed to solve:) Unavailable|failed to list workers|failed to receive status|no active session|\[internal\] waiting for connection/i;

/** Two steps, since one expression for both would take quadratic time, and the words may come from a build. */
function isDenied(words: string): boolean {
  const denied = words.search(/permission denied/i);
  return denied >= 0 && /docker(?:\.sock| daemon)/i.test(words.slice(denied));
}

function adviceFor(words: string): string {
  if (/cannot connect to the docker daemon|error during connect|is the docker daemon running/i.test(words)) {
    return "Start Docker, or name the engine to use in DOCKER_HOST.";
  }
  if (isDenied(words)) {
    return 'Let this user talk to Docker, for example by adding it to the group "docker".';
  }
  if (builderLost.test(words)) {
    return "The builder ended or cannot be reached: `docker buildx inspect NAME --bootstrap` shows more. Running the same command again is safe.";
  }
  if (/no space left on device/i.test(words)) {
    return 'The disk of the Docker engine is full: "docker system df" shows what fills it.';
  }
  return "";
}
