import { rmSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { LocalWorkspace, Stack } from "@pulumi/pulumi/automation/index.js";
import { z } from "zod";
import { errorMessage } from "../../provider/error-message";
import { factsVariable } from "../../provider/preview-facts";
import { Facts } from "./facts";
import type { Observed } from "./observed";
import { Events } from "./read-events";

/** Runs the preview of a stack with Pulumi's Automation API, and gathers what the engine and the provider say. */

export interface PreviewOptions {
  /** Name of the stack; default: the selected one. */
  readonly stack?: string | undefined;
  /** Folder of the program. */
  readonly cwd: string;
  readonly refresh: boolean;
  readonly policyPacks: readonly string[];
  /** A configuration for each pack, in the same order; or none at all. */
  readonly policyPackConfigs: readonly string[];
}

export interface Ran {
  readonly observed: Observed;
  readonly facts: Facts;
  readonly stack: { readonly name: string; readonly project: string };
  /** Milliseconds since the epoch at which the engine was done. */
  readonly engineEnded: number;
}

/** Throws when there is no stack to preview. A preview that fails is a result. */
export async function runPreview(options: PreviewOptions): Promise<Ran> {
  const { dir, remove } = await privateFolder();
  try {
    const file = path.join(dir, "facts.jsonl");
    await writeFile(file, "", { mode: 0o600 });
    const { stack, project, restore } = await openStack(options, { [factsVariable]: file });
    try {
      const ran = await preview(stack, options);
      const facts = Facts.read(await readFile(file, "utf8"));
      return { ...ran, facts, stack: { name: stack.name, project } };
    } finally {
      await restore();
    }
  } finally {
    remove();
  }
}

async function preview(stack: Stack, options: PreviewOptions): Promise<Pick<Ran, "observed" | "engineEnded">> {
  const events = new Events();
  const isRefreshed = options.refresh;
  try {
    await stack.preview({
      color: "never",
      refresh: options.refresh,
      policyPacks: options.policyPacks.map((pack) => path.resolve(pack)),
      policyPackConfigs: options.policyPackConfigs.map((file) => path.resolve(file)),
      onEvent: (event) => events.add(event),
    });
    const engineEnded = Date.now();
    return { observed: events.observed({ isRefreshed, hasFailed: false }), engineEnded };
  } catch (error) {
    const engineEnded = Date.now();
    const inState = await urnsInState(stack);
    return { observed: events.observed({ isRefreshed, hasFailed: true, error: saidBy(error), inState }), engineEnded };
  }
}

/** What the command wrote to its error output; the library's message has the standard output, too. */
function saidBy(error: unknown): string {
  const message = errorMessage(error);
  const start = message.lastIndexOf("\n stderr: ");
  return start < 0 ? message : message.slice(start + "\n stderr: ".length).replace(/\n err\?: [^\n]*\n*$/, "");
}

async function openStack(
  { cwd, stack: name }: PreviewOptions,
  envVars: Record<string, string>,
): Promise<{ stack: Stack; project: string; restore: () => Promise<void> }> {
  // Takes half a second to load, and only this command needs it.
  const automation = await import("@pulumi/pulumi/automation/index.js");
  const workspace = await automation.LocalWorkspace.create({ workDir: cwd, envVars });
  const { name: project } = await workspace.projectSettings().catch((cause: unknown) => {
    throw new Error(`There is no Pulumi program in ${cwd}: ${errorMessage(cause)} Name its folder with --cwd.`, {
      cause,
    });
  });
  const selected = await workspace.stack();
  const wanted = name ?? selected?.name;
  if (wanted === undefined) {
    throw new Error(`No stack is selected in ${cwd}. Name one with --stack, or select one with: pulumi stack select`);
  }
  const stack = await automation.Stack.select(wanted, workspace).catch((cause: unknown) => {
    throw new Error(`Stack ${wanted} not found: ${saidBy(cause).trim()}`, { cause });
  });
  return { stack, project, restore: () => select(workspace, selected?.name, wanted) };
}

/** The library selects the stack that it works with; afterwards the user's own is selected again. */
async function select(workspace: LocalWorkspace, selected: string | undefined, wanted: string): Promise<void> {
  if (selected !== undefined && selected !== wanted) {
    await workspace.selectStack(selected);
  }
}

const state = z.looseObject({ resources: z.array(z.looseObject({ urn: z.string() })).nullish() });

/** Undefined when the state cannot be read: the preview may have failed for that very reason. */
async function urnsInState(stack: Stack): Promise<string[] | undefined> {
  try {
    const { deployment } = await stack.exportStack();
    return state.parse(deployment).resources?.map(({ urn }) => urn) ?? [];
  } catch {
    return undefined;
  }
}

/** A folder that only this user can read, removed at the end, and after Ctrl-C too. */
async function privateFolder(): Promise<{ dir: string; remove: () => void }> {
  const dir = await mkdtemp(path.join(tmpdir(), "ica-bench-preview-"));
  const removeDir = () => rmSync(dir, { recursive: true, force: true });
  const interrupted = () => {
    removeDir();
    process.exit(130);
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  return {
    dir,
    remove: () => {
      removeDir();
      process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    },
  };
}
