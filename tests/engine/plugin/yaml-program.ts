import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { command } from "../../support/programs/command";
import { pluginFolder } from "./with-plugin";

/** What `pulumi preview --json` says of the resources. */
const previewed = z.object({
  changeSummary: z.record(z.string(), z.number()).default({}),
  steps: z.array(
    z.object({
      op: z.string(),
      urn: z.string(),
      replaceReasons: z.array(z.string()).default([]),
      detailedDiff: z.record(z.string(), z.object({ kind: z.string() })).nullish(),
    }),
  ),
});

/** One resource of a preview: what happens to it, and the properties that differ, by path. */
export interface Step {
  readonly op: string;
  readonly changed: Readonly<Record<string, string>>;
  readonly because: readonly string[];
}

/** A program in YAML with a stack of its own, driven by the pulumi command line as a person does. */
export class YamlProgram {
  private constructor(
    readonly dir: string,
    readonly env: Readonly<Record<string, string>>,
  ) {}

  /** `providers` says where plugins are; without it, Pulumi looks for installed ones. */
  static async create(
    dir: string,
    env: Readonly<Record<string, string>>,
    program: object,
    providers: readonly object[] = [{ name: "ica", path: pluginFolder }],
  ): Promise<YamlProgram> {
    await mkdir(dir, { recursive: true });
    const yaml = new YamlProgram(dir, env);
    await yaml.change(program, providers);
    await yaml.pulumi("stack", "init", "yaml");
    return yaml;
  }

  /** Writes the program again. JSON is YAML, too. */
  change(program: object, providers: readonly object[] = [{ name: "ica", path: pluginFolder }]): Promise<void> {
    const project = { name: "yaml-test", runtime: "yaml", plugins: { providers }, ...program };
    return writeFile(path.join(this.dir, "Pulumi.yaml"), JSON.stringify(project, undefined, 2));
  }

  /** Runs a command to its end, and returns all that it printed. */
  async pulumi(...args: string[]): Promise<string> {
    const { all } = await command("pulumi", [...args, "--non-interactive", "--color", "never"], {
      cwd: this.dir,
      env: this.env,
    });
    return all;
  }

  /** What a preview would do to the resources, by their name. */
  async preview(...args: string[]): Promise<Map<string, Step>> {
    const { stdout } = await command("pulumi", ["preview", "--json", "--non-interactive", ...args], {
      cwd: this.dir,
      env: this.env,
    });
    const { steps } = previewed.parse(JSON.parse(stdout));
    return new Map(
      steps.map(({ op, urn, detailedDiff, replaceReasons }) => {
        const changed = Object.entries(detailedDiff ?? {}).map(([at, { kind }]) => [at, kind] as const);
        return [urn.split("::").at(-1) ?? "", { op, changed: Object.fromEntries(changed), because: replaceReasons }];
      }),
    );
  }

  async outputs(): Promise<Record<string, unknown>> {
    const { stdout } = await command("pulumi", ["stack", "output", "--json"], { cwd: this.dir, env: this.env });
    return z.record(z.string(), z.unknown()).parse(JSON.parse(stdout));
  }
}

/** Refers to a resource or its output in a program. */
export const reference = (path: string): string => `$\{${path}}`;

/** Skips the tests where Pulumi has no language host for YAML. */
export function yamlOrSkip(context: Mocha.Context): void {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  if (folders.some((folder) => existsSync(path.join(folder, "pulumi-language-yaml")))) return;
  context.skipReason = "no pulumi-language-yaml is on PATH: `npm run setup` builds it where Go is installed";
  context.skip();
}
