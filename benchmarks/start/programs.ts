import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { command } from "../../tests/support/programs/command";

const repository = path.resolve(__dirname, "../..");
const quickstart = path.join(repository, "examples/quickstart");
const previewed = z.object({ changeSummary: z.record(z.string(), z.number()) });

/** The two resources as dynamic resources that do nothing. Pulumi serializes such a provider into the state. */
const serialized = `import * as pulumi from "@pulumi/pulumi";

class Empty implements pulumi.dynamic.ResourceProvider {
  async create(inputs: pulumi.Inputs): Promise<pulumi.dynamic.CreateResult> {
    return { id: "1", outs: inputs };
  }
}

const provider = new Empty();

export class BenchImage extends pulumi.dynamic.Resource {
  declare readonly imageId: pulumi.Output<string>;
  declare readonly version: pulumi.Output<string>;
  constructor(name: string, args: object) {
    super(provider, name, { ...args, imageId: "1", version: "1" }, {}, "empty", "BenchImage");
  }
}

export class Workspace extends pulumi.dynamic.Resource {
  declare readonly webUrl: pulumi.Output<string>;
  declare readonly consoleHost: pulumi.Output<string>;
  declare readonly consolePort: pulumi.Output<number>;
  constructor(name: string, args: object) {
    super(provider, name, { ...args, webUrl: "1", consoleHost: "1", consolePort: 1 }, {}, "empty", "Workspace");
  }
}
`;

/** The same without the serialization: the state holds a constant text, as that of pulumi-ica does. */
const named = serialized
  .replace(
    /class Empty[\s\S]*?new Empty\(\);/,
    'const provider = "exports.handler = () => ({ create: async (outs) => ({ id: `1`, outs }) });";',
  )
  .replaceAll("pulumi.dynamic.Resource", "pulumi.CustomResource")
  .replace(/super\(provider, name, \{ (.*) \}, \{\}, "empty", "(\w+)"\)/g, (_call, inputs, kind) =>
    [`super("pulumi-nodejs:dynamic/empty:${kind}", name, {`, inputs, ", __provider: provider })"].join(" "),
  );

/** What a program imports in place of pulumi-ica; undefined leaves the quickstart as it is. */
const variants = { ica: undefined, empty: serialized, named } as const;

export type Variant = keyof typeof variants;

/** The quickstart as a project of its own, driven by the pulumi command line. */
export class Program {
  private constructor(
    readonly dir: string,
    readonly env: Readonly<Record<string, string>>,
  ) {}

  static async create(variant: Variant, env: Readonly<Record<string, string>>): Promise<Program> {
    // Below the repository, from where "pulumi-ica" and ts-node are found.
    await mkdir(path.join(repository, ".cache"), { recursive: true });
    const dir = await mkdtemp(path.join(repository, ".cache", `start-${variant}-`));
    const own = variants[variant];
    for (const part of ["index.ts", "tsconfig.json", "image"])
      await cp(path.join(quickstart, part), path.join(dir, part), { recursive: true });
    await writeFile(path.join(dir, "Pulumi.yaml"), `name: start-${variant}\nruntime: nodejs\n`);
    await writeFile(path.join(dir, "package.json"), JSON.stringify({ name: "start", private: true, main: "index.ts" }));
    if (own !== undefined) {
      const source = path.join(dir, "index.ts");
      await writeFile(source, (await readFile(source, "utf8")).replace('"pulumi-ica"', '"./empty"'));
      await writeFile(path.join(dir, "empty.ts"), own);
    }
    const program = new Program(dir, env);
    await program.pulumi("stack", "init", variant, "--non-interactive");
    await program.pulumi("up", "--yes", "--skip-preview");
    return program;
  }

  /** Seconds of a preview that finds both resources unchanged. */
  async unchangedPreview(): Promise<number> {
    const start = performance.now();
    const shown = await this.pulumi("preview", "--expect-no-changes", "--json");
    const seconds = (performance.now() - start) / 1000;
    const { changeSummary } = previewed.parse(JSON.parse(shown));
    if (changeSummary.same !== 3) throw new Error(`the preview shows ${JSON.stringify(changeSummary)}`);
    return seconds;
  }

  async remove(): Promise<void> {
    await this.pulumi("destroy", "--yes", "--skip-preview");
    await rm(this.dir, { recursive: true, force: true });
  }

  private async pulumi(...args: string[]): Promise<string> {
    const { stdout } = await command("pulumi", args, { cwd: this.dir, env: this.env });
    return stdout;
  }
}
