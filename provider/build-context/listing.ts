import { realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readBuildFile } from "./build-file";
import { type IgnoreRules, readIgnoreRules } from "./dockerignore";
import { reading } from "./reading";
import { type ContextEntry, contextEntries } from "./walk";

/** Where a build lies. */
export interface BuildPlace {
  /** Folder of the build's files, relative to the working directory. */
  readonly context: string;
  /** Default: `<context>/Dockerfile`. Relative to the working directory; may lie outside the context. */
  readonly dockerfile?: string | undefined;
}

/** The path of a build's Dockerfile. */
export function dockerfilePath({ context, dockerfile }: BuildPlace): string {
  return resolve(dockerfile ?? join(context, "Dockerfile"));
}

/** The bytes of a build's Dockerfile. Throws {@link ContextError}. */
export async function readDockerfile(build: BuildPlace): Promise<Buffer> {
  return readBuildFile(dockerfilePath(build), "build.dockerfile");
}

/** The files that Docker sends to a build, listed once, and not read yet. */
export interface ContextListing {
  /** The context's own path, without links. */
  readonly context: string;
  readonly rules: IgnoreRules;
  readonly entries: readonly ContextEntry[];
  /** When the listing began, in milliseconds since 1970. What was seen of a file may be out of date from then on. */
  readonly at: number;
}

/** Lists a context. Throws {@link ContextError}. */
export async function listContext(build: BuildPlace, now = Date.now()): Promise<ContextListing> {
  // The context itself may be a link; links within it are not followed.
  const context = await reading(resolve(build.context), () => realpath(build.context));
  const rules = await readIgnoreRules(context, dockerfilePath(build));
  return { context, rules, entries: await contextEntries(context, rules), at: now };
}
