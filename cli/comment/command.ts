import { Command, InvalidArgumentError, Option } from "commander";
import { systemClock } from "../../provider/clock";
import { print, say } from "../output";
import { type CommentOptions, comment, providers } from "./comment";
import { CommentError, Misuse } from "./problem";
import type { Environment } from "./target";

/** Exit codes of `ica-bench comment`. */
const notUpToDate = 1;
const couldNotStart = 2;

/** A look a second after each write finds what another run wrote at the same time. */
const patience = { clock: systemClock, settleMs: 1000, secondMs: 1000 };

/** `ica-bench comment`: keeps one comment of a stack on a pull request up to date. */
export function commentCommand(): Command {
  return new Command("comment")
    .description("Keep one comment of a stack on a pull request up to date with the report of a preview.")
    .requiredOption("--file <file>", "the report: ica-bench preview --format json --output FILE")
    .addOption(new Option("--provider <name>", "default: the one that runs this job").choices(providers))
    .option("--pr <number>", "the pull request or merge request; default: that of this job", requestNumber)
    .option("--repo <name>", "owner/name on GitHub, id or path of the project on GitLab; default: that of this job")
    .option(
      "--issue",
      "instead of a comment, keep one issue open while the report has changes, and close it when it has none",
      false,
    )
    .option("--dry-run", "print the comment, and write nothing", false)
    .addHelpText(
      "after",
      [
        "",
        "GitHub: GITHUB_TOKEN, and what GitHub Actions sets (GITHUB_EVENT_PATH, GITHUB_REPOSITORY, GITHUB_API_URL, …).",
        "GitLab: GITLAB_TOKEN, and what GitLab CI sets (CI_API_V4_URL, CI_PROJECT_ID, CI_MERGE_REQUEST_IID, …).",
        "Exit codes: 0 the comment is up to date, or none is needed; 1 it is not; 2 an option, a setting or the file is",
        "wrong. docs/pull-requests.md shows whole workflows.",
      ].join("\n"),
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : couldNotStart))
    .action(async (options: CommentOptions) => {
      try {
        print(`${await comment(options, process.env, patience)}\n`);
      } catch (error) {
        if (!(error instanceof Misuse || error instanceof CommentError)) {
          throw error;
        }
        say(`ica-bench comment: ${withoutTokens(error.message, process.env)}`);
        process.exitCode = error instanceof Misuse ? couldNotStart : notUpToDate;
      }
    });
}

/** A server may repeat what it was sent. */
function withoutTokens(text: string, { GITHUB_TOKEN, GITLAB_TOKEN }: Environment): string {
  return [GITHUB_TOKEN, GITLAB_TOKEN].reduce<string>(
    (rest, token) => (token ? rest.replaceAll(token, "***") : rest),
    text,
  );
}

function requestNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new InvalidArgumentError("It must be a whole number from 1 on.");
  }
  return Number(text);
}
