/** No Docker client that can do what is needed. The message says what was looked for, where, and what to install. */
export class DockerNotFoundError extends Error {
  override readonly name = "DockerNotFoundError";
}

/** A Docker command that failed. The message holds the command, Docker's own words and, where there is one, what to do. */
export class DockerError extends Error {
  override readonly name = "DockerError";
  constructor(
    /** For example `docker image inspect`; never holds arguments that could be secret. */
    readonly command: string,
    /** Docker's own words. */
    readonly words: string,
  ) {
    const advice = adviceFor(words);
    super(`${command} failed: ${words === "" ? "it gave no reason" : words}${advice === "" ? "" : `\n${advice}`}`);
  }
}

/** A builder of buildx that is not there. */
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

/** A build that failed: the step that did, and the last lines of what it wrote. */
export class BuildError extends Error {
  override readonly name = "BuildError";
  constructor(
    /** For example `[3/7] RUN make`; undefined when the build failed outside of any step. */
    readonly step: string | undefined,
    readonly reason: string,
    /** What the step wrote last; at most 20 lines. */
    readonly output: readonly string[],
  ) {
    const where = step === undefined ? "" : ` at ${step}`;
    const lines = output.map((line) => `\n  ${line}`).join("");
    const advice = adviceFor([step ?? "", reason, ...output].join("\n"));
    super(`docker build failed${where}: ${reason}${lines}${advice === "" ? "" : `\n${advice}`}`);
  }
}

/** What the client says, in the words of its gRPC library, when it loses a builder or does not come to it. */
const builderLost =
  /(?:code =|failed to solve:) Unavailable|failed to list workers|failed to receive status|no active session|\[internal\] waiting for connection/i;

/** In two steps: one expression for both takes quadratic time, and the words may be a build's. */
function isDenied(words: string): boolean {
  const denied = words.search(/permission denied/i);
  return denied >= 0 && /docker(?:\.sock| daemon)/i.test(words.slice(denied));
}

function adviceFor(words: string): string {
  if (/cannot connect to the docker daemon|error during connect|is the docker daemon running/i.test(words))
    return "Start Docker, or name the engine to use in DOCKER_HOST.";
  if (isDenied(words)) return 'Let this user talk to Docker, for example by adding it to the group "docker".';
  if (builderLost.test(words))
    return "The builder ended or cannot be reached: `docker buildx inspect NAME --bootstrap` tells more. Running the same command again is safe.";
  if (/no space left on device/i.test(words))
    return 'The disk of the Docker engine is full: "docker system df" shows what fills it.';
  return "";
}
