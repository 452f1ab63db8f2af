import { appendFile, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command, Option } from "commander";
import { errorMessage } from "../../provider/error-message";
import { printableJson } from "../../runtime/printable";
import { repositoryFolder, shown } from "../lint/report";
import { printEscaped, say } from "../output";
import { runOf } from "./environment";
import { Facts } from "./facts";
import { addLocalFacts } from "./local-images";
import { projectName } from "./project-name";
import { digestText, readDigest } from "./read-digest";
import { commentLimit, renderMarkdown, summaryLimit } from "./render/markdown";
import { renderText } from "./render/text";
import { reportOf } from "./report/build";
import type { PreviewReport } from "./report/report";
import { runPreview } from "./run";

const formats = ["text", "markdown", "json"] as const;
type Format = (typeof formats)[number];

/** Exit codes of `ica-bench preview`. A wrong option counts as failed. */
const exitCodes: Readonly<Record<PreviewReport["outcome"], number>> = {
  unchanged: 0,
  failed: 1,
  changes: 2,
  dangers: 3,
};

interface Options {
  readonly stack?: string;
  readonly cwd: string;
  readonly refresh: boolean;
  readonly policyPack: readonly string[];
  readonly policyPackConfig: readonly string[];
  readonly from?: string;
  readonly format: Format;
  readonly output?: string;
  readonly summary?: string;
  readonly exitZero: boolean;
}

/** `ica-bench preview`: what `pulumi up` would do, as a reviewer needs it. */
export function previewCommand(): Command {
  return new Command("preview")
    .description(
      "Preview a stack and say what a reviewer has to know: data lost, people disconnected, why images are rebuilt.",
    )
    .option("--stack <name>", "the stack. Default: the selected one")
    .option("--cwd <dir>", "folder of the Pulumi program", ".")
    .option("--refresh", "ask ICA first what it has, to find manual changes", false)
    .option("--policy-pack <dir>", "a policy pack to run; may be given again", collect, [])
    .option("--policy-pack-config <file>", "JSON file that configures the pack; one for each pack", collect, [])
    .option(
      "--from <file>",
      "read a digest of `pulumi preview --json` instead of running a preview; - is standard input",
    )
    .addOption(new Option("--format <format>", "how to say it").choices(formats).default("text"))
    .option("--output <file>", "also write the whole text to a file")
    .option("--summary <file>", "append the Markdown, up to 1 MiB. Default: the file that GITHUB_STEP_SUMMARY names")
    .option("--exit-zero", "exit with 0 for changes and dangers, too", false)
    .addHelpText(
      "after",
      "\nExit codes: 0 nothing changes; 1 the preview failed; 2 something changes; 3 something changes that costs data or work,\n" +
        "or that `pulumi up` would refuse. docs/pull-requests.md explains the formats.",
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : exitCodes.failed))
    .action(async (options: Options) => {
      try {
        const report = await previewed(options);
        await deliver(report, options);
        const code = exitCodes[report.outcome];
        process.exitCode = options.exitZero && report.outcome !== "failed" ? 0 : code;
      } catch (error) {
        say(`ica-bench preview: ${errorMessage(error)}`);
        process.exitCode = exitCodes.failed;
      }
    });
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

async function previewed({ stack, cwd, refresh, policyPack, policyPackConfig, from }: Options): Promise<PreviewReport> {
  const folder = path.resolve(cwd);
  const about = {
    run: runOf(process.env),
    time: new Date(),
    shownFile: (file: string) => shown(file, repositoryFolder(process.cwd())),
  };
  if (policyPackConfig.length > 0 && policyPackConfig.length !== policyPack.length) {
    throw new Error("--policy-pack-config is given once for each --policy-pack, in the same order, or not at all");
  }
  if (from === undefined) {
    const ran = await runPreview({
      stack,
      cwd: folder,
      refresh,
      policyPacks: policyPack,
      policyPackConfigs: policyPackConfig,
    });
    return reportOf(ran.observed, ran.facts, { ...about, time: new Date(), stack: ran.stack });
  }
  if (refresh || policyPack.length > 0) {
    throw new Error(
      "--refresh and --policy-pack are for a preview that this command runs; with --from, give them to pulumi preview",
    );
  }
  const observed = readDigest(await textOf(from));
  const facts = new Facts();
  await addLocalFacts(observed, facts, folder);
  return reportOf(observed, facts, { ...about, stack: { name: stack, project: await projectName(folder) } });
}

async function textOf(from: string): Promise<string> {
  if (from !== "-") {
    return digestText(await readFile(from));
  }
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) {
    chunks.push(Buffer.from(chunk));
  }
  return digestText(Buffer.concat(chunks));
}

async function deliver(report: PreviewReport, { format, output, summary }: Options): Promise<void> {
  // hasColors() is false with NO_COLOR, and in CI.
  const colour = process.stdout.isTTY && process.stdout.hasColors();
  const { run } = report;
  const whole = {
    text: () => renderText(report, { colour: false }),
    markdown: () => renderMarkdown(report, { limit: Number.POSITIVE_INFINITY, run }),
    json: () => `${printableJson(report, 2)}\n`,
  };
  if (output !== undefined) {
    await writeFile(output, whole[format]());
  }
  const summaryFile = summary ?? process.env.GITHUB_STEP_SUMMARY;
  if (summaryFile !== undefined && summaryFile !== "") {
    await appendFile(summaryFile, renderMarkdown(report, { limit: summaryLimit, run }));
  }
  const brief = {
    ...whole,
    text: () => renderText(report, { colour }),
    markdown: () => renderMarkdown(report, { limit: commentLimit, run }),
  };
  // Every text here is printable already; the colours would not survive a second time.
  printEscaped(brief[format]());
}
