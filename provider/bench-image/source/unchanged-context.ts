import type { BuildFiles } from "../../build-context/changes/digest";
import { ContextError, readContents } from "../../build-context/hash";
import type { Context } from "../../context";
import type { BenchImageInputs, Build } from "../inputs";
import { PublishError } from "../publish-error";
import { changedFiles } from "../rebuild-reasons";
import { rememberedFiles } from "../remembered";

/**
 * Checks that the build's files are still the ones behind its contextHash. BuildKit reads them some time after the check,
 * and a change in between would be published forever under the wrong hash. A pinned hash (`ignoreChanges`) was never
 * computed from files, so any files are allowed. Throws a {@link PublishError} that names the changes.
 */
export async function assertUnchanged(
  context: Context,
  { build, contextHash }: Pick<BenchImageInputs, "build" | "contextHash">,
  when: "before it was built" | "while it was built",
): Promise<void> {
  const seen = rememberedFiles(context, contextHash);
  if (build === undefined || seen === undefined) {
    return;
  }
  const change = await changeSince(seen, build, contextHash);
  if (change === undefined) {
    return;
  }
  throw new PublishError(
    `files of build.context changed ${when} (${change}), and contextHash stands for what they were; nothing was ` +
      "uploaded. Run pulumi up again; what changes by itself, as what a build writes, belongs in .dockerignore",
  );
}

async function changeSince(seen: BuildFiles, build: Build, contextHash: string): Promise<string | undefined> {
  try {
    const now = await readContents(build);
    return now.contextHash === contextHash ? undefined : changedFiles(seen, now, build);
  } catch (error) {
    // The file was readable a moment ago, so this counts as a change.
    if (error instanceof ContextError) {
      return error.message;
    }
    throw error;
  }
}
