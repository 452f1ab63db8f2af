import { readFileSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { parse } from "yaml";
import { systemClock } from "../../provider/clock";
import { ConfigError, readConfig } from "../../provider/config";
import { printableJson } from "../../runtime/printable";
import { print, printEscaped, say } from "../output";
import { packageRoot } from "../package-root";
import { ApiDocument } from "./api-document";
import { DocumentError, findDocument, readDocument } from "./find-document";
import { documentedCalls, type Expected, judge } from "./judge";
import { CannotCheck, look } from "./look";
import { exitCodeOf, type Report, textOf } from "./report";

/**
 * Exit code when doctor cannot check anything: an option or a setting is wrong or missing, or ICA cannot be reached.
 */
const cannotCheck = 2;

/** The options of `ica-bench doctor`. */
interface DoctorOptions {
  /** URL or file of the tenant's OpenAPI document. */
  readonly openapi?: string;
  readonly json: boolean;
}

/** `ica-bench doctor`: checks which assumptions hold for an ICA. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("Check our assumptions against the ICA at ICA_BASE_URL. Reads only, writes nothing.")
    .option(
      "--openapi <url or file>",
      "the tenant's OpenAPI document; by default, doctor searches for it next to the API",
    )
    .option("--json", "print JSON", false)
    .addHelpText(
      "after",
      [
        "",
        "Settings: ICA_API_KEY, ICA_PROJECT_ID, ICA_BASE_URL, ICA_S3_ENDPOINT in the environment, as for pulumi up.",
        "Exit code: 0 when nothing fails (what is unknown is no failure), 1 when something fails that BenchImage or",
        "Workspace needs, 2 when nothing can be said because of an option, a setting or the network.",
      ].join("\n"),
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : cannotCheck))
    .action(async (options: DoctorOptions) => {
      try {
        const report = await examine(options);
        if (options.json) {
          printEscaped(`${printableJson(report, 2)}\n`);
        } else {
          print(textOf(report));
        }
        process.exitCode = exitCodeOf(report);
      } catch (error) {
        if (!isExpected(error)) {
          throw error;
        }
        say(`ica-bench doctor: ${error.message}`);
        process.exitCode = cannotCheck;
      }
    });
}

async function examine({ openapi }: DoctorOptions): Promise<Report> {
  const config = readConfig(() => undefined, process.env);
  const named = openapi === undefined ? undefined : await readDocument(openapi);
  const facts = await look(config, systemClock);
  // Runs only after the API has answered. Otherwise an unreachable host would be tried once for every usual path.
  const document = named ?? (await findDocument(config.baseUrl));
  const all = { ...facts, document };
  const expected = expectations();
  const documented = documentedCalls(all, expected);
  return {
    baseUrl: all.baseUrl,
    system: all.system,
    openapi: document?.from,
    calls: [...(documented === undefined ? [] : [documented]), ...all.calls],
    assumptions: judge(all, expected),
  };
}

/** The documents that ship with this package. */
export function expectations(): Expected {
  return { documented: ours("ica.yaml"), workspaces: ours("workspaces.yaml") };
}

function ours(name: string): ApiDocument {
  const document = ApiDocument.from(parse(readFileSync(path.join(packageRoot(), "openapi", name), "utf8")));
  if (document === undefined) {
    throw new Error(`openapi/${name} is damaged. Install pulumi-ica again.`);
  }
  return document;
}

function isExpected(error: unknown): error is Error {
  return error instanceof CannotCheck || error instanceof ConfigError || error instanceof DocumentError;
}
