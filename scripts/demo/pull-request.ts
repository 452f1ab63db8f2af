import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { command } from "../../tests/support/programs/command";
import type { Stage } from "./stage";

/** What a reviewer of a pull request gets: the text for a terminal, and the comment. */
export interface Review {
  readonly text: string;
  readonly code: number;
  /** The comment as Markdown, in a file that stays. */
  readonly comment: string;
  readonly file: string;
}

/** Previews a change of the quickstart, in a copy of it: a line of the Dockerfile, and the size of the workspace. */
export async function reviewOfAChange(stage: Stage, stack: string): Promise<Review> {
  const kept = path.join(stage.repository, ".cache");
  await mkdir(kept, { recursive: true });
  // Below the repository, from where the program finds "pulumi-ica".
  const copy = await mkdtemp(path.join(kept, "pull-request-"));
  const file = path.join(kept, "preview-comment.md");
  try {
    const program = path.join(copy, "examples", "quickstart");
    // The second one has the salt of the stack's secrets.
    for (const settings of ["Pulumi.yaml", `Pulumi.${stack}.yaml`])
      await cp(path.join(stage.repository, settings), path.join(copy, settings));
    await cp(path.join(stage.repository, "examples", "quickstart"), program, {
      recursive: true,
      filter: (source) => path.basename(source) !== "node_modules",
    });
    await edit(path.join(program, "image", "Dockerfile"), "ENV HOME=/data\n", "ENV HOME=/data LANG=C.UTF-8\n");
    await edit(path.join(program, "index.ts"), '"standard-small"', '"standard-medium"');
    await rm(file, { force: true });
    const cli = path.join(stage.repository, "dist", "cli", "main.js");
    const { stdout, code } = await command(
      process.execPath,
      [cli, "preview", "--cwd", copy, "--stack", stack, "--summary", file],
      { env: stage.env, mayFail: true },
    );
    return { text: stdout, code, file, comment: await readFile(file, "utf8") };
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function edit(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, "utf8");
  if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`);
  await writeFile(file, text.replace(from, to));
}
