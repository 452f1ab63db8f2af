import path from "node:path";
import { z } from "zod";
import { buildSchema } from "../../provider/bench-image/build-inputs";
import { rebuildReasons } from "../../provider/bench-image/rebuild-reasons";
import { readBuildFile } from "../../provider/build-context/build-file";
import { digestSchema } from "../../provider/build-context/changes/digest";
import { dockerfilePath, readContents } from "../../provider/build-context/hash";
import { checkDockerfile } from "../../provider/contract/dockerfile/dockerfile";
import type { Facts } from "./facts";
import type { Observed, Step } from "./observed";
import { isImage } from "./report/resources";

/**
 * For a digest, which comes without the provider's facts: reads the files of the images that change, where this machine has
 * them, and adds the same facts.
 */
export async function addLocalFacts({ steps }: Pick<Observed, "steps">, facts: Facts, cwd: string): Promise<void> {
  const changing = steps.filter(({ op, type }) => isImage(type) && (op === "create" || op === "replace"));
  for (const step of changing) {
    await addFactsOf(step, facts, cwd);
  }
}

const declared = z.looseObject({
  contextHash: z.string(),
  build: buildSchema,
  access: z.object({ web: z.boolean(), console: z.boolean() }).catch({ web: false, console: false }),
  verify: z.string().optional(),
});

/** What the reasons of a rebuild depend on. The digest hides what is secret, and may come from another version. */
const before = z.object({
  contextHash: z.string(),
  build: buildSchema.optional(),
  image: z.string().optional(),
  __contextDigest: digestSchema.optional().catch(undefined),
});

async function addFactsOf(step: Step, facts: Facts, cwd: string): Promise<void> {
  const { success, data } = declared.safeParse(step.after?.inputs);
  if (!success) {
    return;
  }
  const { contextHash, access, verify } = data;
  const dockerfile =
    data.build.dockerfile === undefined ? {} : { dockerfile: path.resolve(cwd, data.build.dockerfile) };
  const build = { ...data.build, context: path.resolve(cwd, data.build.context), ...dockerfile };
  const contents = await readContents({ ...build, secrets: Object.keys(build.secrets ?? {}) }).catch(() => undefined);
  // Other files than the preview saw say nothing about it.
  if (contents?.contextHash !== contextHash) {
    return;
  }
  const state = before.safeParse(step.before?.outputs);
  if (state.success && facts.rebuild(step.urn) === undefined) {
    facts.add(step.urn, { kind: "rebuild", reasons: rebuildReasons(state.data, { build, contextHash }, contents) });
  }
  if (verify === "none") {
    return;
  }
  const file = dockerfilePath(build);
  const text = (await readBuildFile(file, "build.dockerfile")).toString("utf8");
  for (const { code, severity, message, fix, line = 1, at } of await checkDockerfile(text, { access, build })) {
    const place = at === undefined ? { file, line } : { file: path.resolve(build.context, at.file), line: at.line };
    facts.add(step.urn, { kind: "finding", code, severity, ...place, message, fix });
  }
}
