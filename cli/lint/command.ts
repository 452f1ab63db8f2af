import { Command, Option } from "commander";
import { checkDockerfile } from "../../provider/contract/dockerfile/dockerfile";
import { accessOption } from "../access";
import { print, printEscaped, say } from "../output";
import { packageVersion } from "../package-root";
import { collectPair } from "../pairs";
import { builtFindings } from "./built-image";
import { findContext } from "./context";
import { asGithub, asJson, asText, countOf, type Placed, placed, repositoryFolder } from "./report";
import { asSarif } from "./sarif";

/** Exit codes of `ica-bench lint`. */
const errorsFound = 1;
const couldNotLint = 2;

const formats = ["text", "json", "sarif", "github"] as const;

interface LintOptions {
  readonly dockerfile?: string;
  readonly target?: string;
  readonly buildArg: readonly (readonly [string, string])[];
  readonly access: { readonly web: boolean; readonly console: boolean };
  readonly build?: true;
  readonly format: (typeof formats)[number];
}

/**
 * `ica-bench lint`: checks the part of the contract that needs no running container; with `--build`, also in the image.
 */
export function lintCommand(): Command {
  return new Command("lint")
    .description("Find what Bench would refuse in a Dockerfile and its context; with --build also in the image.")
    .argument("[context]", "folder with the Dockerfile, or with image/Dockerfile", ".")
    .option("--dockerfile <file>", "the Dockerfile. Default: Dockerfile in the context")
    .option("--target <stage>", "the stage that is built. Default: the last one")
    .option("--build-arg <name=value>", "a build argument; may be given again", collectPair, [])
    .addOption(accessOption())
    .option("--build", "also build the image with Docker and check it, if the Dockerfile has no errors")
    .addOption(new Option("--format <format>", "format of the findings").choices(formats).default("text"))
    .addHelpText(
      "after",
      "\nExit codes: 0 nothing, or warnings only; 1 errors were found; 2 the check could not run (for example no Dockerfile).\n" +
        "What each code means is in docs/image-contract.md.",
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : couldNotLint))
    .action(async (folder: string, options: LintOptions, command: Command) => {
      try {
        const findings = await lint(folder, options, command.getOptionValueSource("access") !== "default");
        const isJson = options.format === "json" || options.format === "sarif";
        (isJson ? printEscaped : print)(reportOf(findings, options.format));
        process.exitCode = countOf(findings).errors > 0 ? errorsFound : 0;
      } catch (error) {
        say(`ica-bench lint: ${error instanceof Error ? error.message : String(error)}`);
        process.exitCode = couldNotLint;
      }
    });
}

async function lint(
  folder: string,
  { dockerfile, target, buildArg, access, build: builds }: LintOptions,
  isDeclared: boolean,
): Promise<Placed[]> {
  const found = await findContext(folder, dockerfile);
  const build = { context: found.context, dockerfile: found.dockerfile, target, args: Object.fromEntries(buildArg) };
  const findings = checkDockerfile(found.text, { access, build, files: found.files });
  if (builds !== true || findings.some(({ severity }) => severity === "error")) {
    return placed(findings, found);
  }
  const known = findings.filter(({ severity }) => severity !== "note");
  return placed([...known, ...(await builtFindings(build, known, { access, isDeclared }))], found);
}

function reportOf(findings: readonly Placed[], format: LintOptions["format"]): string {
  const cwd = process.cwd();
  switch (format) {
    case "text":
      return asText(findings, cwd);
    case "json":
      return asJson(findings, cwd);
    case "github":
      return asGithub(findings, repositoryFolder(cwd));
    case "sarif":
      return asSarif(findings, { cwd, version: packageVersion() });
  }
}
