import { randomUUID } from "node:crypto";
import type { Finding } from "../../provider/contract/finding";
import { inspectImage } from "../../provider/contract/image/inspect";
import { Docker } from "../../provider/docker/cli";
import type { Access } from "../access";

/** A build as the options of `lint` describe it. */
interface Recipe {
  readonly context: string;
  readonly dockerfile: string;
  readonly target?: string | undefined;
  readonly args: Readonly<Record<string, string>>;
}

/** Findings about access, reported only if `access` was given. */
const aboutAccess: ReadonlySet<Finding["code"]> = new Set(["ICA010", "ICA011", "ICA021"]);

/**
 * Builds the image, checks it and removes it, to find what a Dockerfile does not show. Does not repeat a rule that the
 * Dockerfile breaks.
 *
 * @param isDeclared whether `access` was given, so that a missing server is a fault
 */
export async function builtFindings(
  recipe: Recipe,
  known: readonly Finding[],
  { access, isDeclared }: { access: Access; isDeclared: boolean },
): Promise<Finding[]> {
  const docker = await Docker.find();
  const tag = `ica-bench-lint:${randomUUID()}`;
  await docker.build({ ...recipe, tag, platform: "linux/amd64", labels: { "pulumi-ica": "lint" } });
  try {
    const { findings } = await inspectImage(docker, tag, { access });
    const told = new Set(known.map(({ code }) => code));
    return findings.filter(({ code }) => !told.has(code) && (isDeclared || !aboutAccess.has(code)));
  } finally {
    await docker.removeImage(tag);
  }
}
