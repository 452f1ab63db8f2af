import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { pluginFolder } from "../../tests/engine/plugin/with-plugin";
import { YamlProgram } from "../../tests/engine/plugin/yaml-program";
import { CliProgram } from "../../tests/engine/program/cli-program";
import { WorkspaceBench } from "../../tests/engine/workspaces/workspaces";
import { command } from "../../tests/support/programs/command";
import { pythonOrSkip, withGeneratedSdk } from "../../tests/support/programs/python";
import { median } from "../image/table";

const repository = path.resolve(__dirname, "../..");

/** A stack of one workspace that is up, and a preview of it. */
interface Language {
  readonly preview: () => Promise<unknown>;
  readonly remove: () => Promise<unknown>;
}

async function yaml({ bench, genomics }: Started): Promise<Language> {
  const program = await YamlProgram.create(path.join(bench.dir, "yaml"), bench.env, {
    resources: { w: { type: "ica:Workspace", properties: genomics("yaml") } },
  });
  await program.pulumi("up", "--yes", "--skip-preview");
  return {
    preview: () => program.pulumi("preview", "--expect-no-changes"),
    remove: () => program.pulumi("destroy", "--yes", "--skip-preview"),
  };
}

async function python({ bench, genomics }: Started): Promise<Language> {
  const unavailable = {
    skip(): never {
      throw new Error("there is no Python with Pulumi's SDK");
    },
  };
  const dir = path.join(bench.dir, "python");
  await mkdir(dir);
  const own = await withGeneratedSdk(await pythonOrSkip(unavailable), path.join(dir, "generated-sdk"));
  const plugins = { providers: [{ name: "ica", path: pluginFolder }] };
  await writeFile(path.join(dir, "Pulumi.yaml"), JSON.stringify({ name: "python-test", runtime: "python", plugins }));
  const { image } = genomics("python");
  await writeFile(path.join(dir, "Pulumi.python.yaml"), JSON.stringify({ config: { "python-test:image": image } }));
  const fixtures = path.join(repository, "tests/fixtures/python");
  const run = (what: string) =>
    command(own.program, [path.join(fixtures, "inline.py"), path.join(fixtures, "workspace.py"), what], {
      cwd: dir,
      env: { ...bench.env, ...own.env },
    });
  await run("up");
  return { preview: () => run("preview"), remove: () => run("destroy") };
}

async function nodejs({ bench, genomics }: Started, name: string, provider: string, folders: string[]) {
  const searched = [...folders, process.env.PATH ?? ""].join(path.delimiter);
  const code = `new ica.Workspace("w", ${JSON.stringify(genomics(name))}, ${provider});`;
  // A state of its own: both programs have the same project and stack.
  const state = path.join(bench.dir, `state-${name}`);
  await mkdir(state);
  const env = { ...bench.env, PATH: searched, PULUMI_BACKEND_URL: `file://${state}` };
  const program = await CliProgram.create({ ...bench, env }, code);
  const run = async (...args: string[]) => {
    const { code: ended, all } = await program.pulumi(...args, "--non-interactive");
    if (ended !== 0) throw new Error(all);
  };
  await run("up", "--yes", "--skip-preview");
  return {
    preview: () => run("preview", "--expect-no-changes"),
    remove: async () => {
      await run("destroy", "--yes", "--skip-preview");
      await run("stack", "rm", "--yes", "cli");
      await program.remove();
    },
  };
}

interface Started {
  readonly bench: WorkspaceBench["bench"];
  readonly genomics: (name: string) => Omit<ReturnType<WorkspaceBench["genomics"]>, "name"> & { readonly name: string };
}

/** Median seconds of a preview without changes, by language, measured in turn. */
export async function languagePreviews(rounds: number): Promise<Map<string, number>> {
  const workspaces = await WorkspaceBench.start();
  const started: Started = {
    bench: workspaces.bench,
    genomics: (name) => ({ ...workspaces.genomics(), name: `genomics-${name}` }),
  };
  const running: [string, Language][] = [];
  try {
    running.push(["YAML", await yaml(started)]);
    running.push(["Python (inline program)", await python(started)]);
    running.push([
      "Node.js by the plugin",
      await nodejs(started, "plugin", '{ provider: new ica.Provider("p") }', [pluginFolder]),
    ]);
    running.push(["Node.js by dynamic resources", await nodejs(started, "dynamic", "{}", [])]);
    const measured = new Map<string, number[]>(running.map(([name]) => [name, []]));
    for (let round = 0; round < rounds; round++)
      for (const [name, { preview }] of running) {
        const start = performance.now();
        await preview();
        measured.get(name)?.push((performance.now() - start) / 1000);
      }
    return new Map([...measured].map(([name, times]) => [name, median(times) ?? Number.NaN]));
  } finally {
    for (const [, { remove }] of running) await remove();
    await workspaces.close();
  }
}

/** Prints the milliseconds that the plugin's code takes to load, and the MB of the process once it listens. */
const loader = `
const start = performance.now();
const { startPlugin } = require(process.argv[1]);
const ms = performance.now() - start;
startPlugin("0.1.0", undefined).then(() => {
  const figures = { ms, megabytes: process.memoryUsage().rss / 1e6 };
  process.stdout.write(JSON.stringify(figures), () => process.exit());
});
`;

/** Medians of what the plugin's start costs. */
export async function pluginStart(rounds: number): Promise<{ ms: number; megabytes: number }> {
  const figures: { ms: number; megabytes: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const server = path.join(repository, "dist/provider/plugin/server.js");
    figures.push(JSON.parse((await command(process.execPath, ["-e", loader, server])).stdout));
  }
  const of = (key: "ms" | "megabytes") => median(figures.map((each) => each[key])) ?? Number.NaN;
  return { ms: of("ms"), megabytes: of("megabytes") };
}
