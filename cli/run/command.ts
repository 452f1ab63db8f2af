import { Command } from "commander";
import { connectDocker, imageTag, newInstance, sweepDeadRuns } from "pulumi-ica-emulator/runtime";
import { Docker } from "../../provider/docker/cli";
import { isFolder } from "../lint/context";
import { collectPair } from "../pairs";
import type { Reporter, Step } from "./events";
import { ContractBroken, readyImage } from "./image";
import { collectAddress, parseBytes, parseCpus, parseGpus, parseVolume, type RunOptions } from "./options";
import { JsonReporter, PlainReporter, TerminalReporter } from "./report";
import { shellIn } from "./shell";
import { runWorkspace } from "./workspace";

/** Exit codes of `ica-bench run`. */
const notAsItShould = 1;
const couldNotRun = 2;

/** `ica-bench run`: runs an image under Bench's rules, without ICA. */
export function runCommand(): Command {
  return new Command("run")
    .argument("[image or context]", "an image, or a folder with a Dockerfile or image/Dockerfile", ".")
    .option("--dockerfile <file>", "the Dockerfile of the folder. Default: Dockerfile in it")
    .option("--target <stage>", "the stage to build. Default: the last one")
    .option("--build-arg <name=value>", "a build argument; may be given again", collectPair, [])
    .option("--force", "start it even if it breaks the contract", false)
    .option("--web", "web access, even if the image does not expose port 8888")
    .option("--no-web", "no web access")
    .option("--console", "console access, even if there is no SSH server in the image")
    .option("--no-console", "no console access")
    .option("--restricted", "block outbound traffic except --allow", false)
    .option("--allow <url>", "host, *.host, http://host/path or https://host; may be given again", collectAddress, [])
    .option("--allow-private", "let it reach private addresses and this machine; Bench does not", false)
    .option("--data <volume>", "keep /data in this Docker volume between runs", parseVolume)
    .option(
      "--env <name=value>",
      "a variable; without a value, run takes it from this shell; may be given again",
      collectPair,
      [],
    )
    .option("--memory <size>", "at most this much memory, such as 8g", parseBytes)
    .option("--cpus <number>", "at most this many processors", parseCpus)
    .option("--gpus <number>", "all, or a number of GPUs", parseGpus)
    .option("--shell", "open a shell in the workspace as 1000:100; when it ends, the workspace stops", false)
    .option("--json", "print all output as JSON, one event a line", false)
    .addHelpText(
      "after",
      "\nExit codes: 0 everything answered, and it ended within 30 s of TERM; 1 the image failed, or\n" +
        "breaks the contract; 2 it could not run (for example no Docker, or a failed build).",
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : couldNotRun))
    .action(async (target: string, options: RunOptions, command: Command) => {
      if (options.allow.length > 0 && !options.restricted) {
        command.error("error: --allow is for --restricted: without it every public address is allowed");
      }
      if (options.allowPrivate && options.restricted) {
        command.error(
          "error: --allow-private is for a public network: leave out --restricted, or name addresses by --allow",
        );
      }
      if (options.shell && options.json) {
        command.error("error: --shell needs the output for itself: leave out --json");
      }
      process.exitCode = await run(target, options, reporterFor(options));
    });
}

function reporterFor({ json }: RunOptions): Reporter {
  if (json) {
    return new JsonReporter(process.stdout);
  }
  const forPeople = process.stdout.isTTY === true && !process.env.CI && process.env.TERM !== "dumb";
  return forPeople ? new TerminalReporter(process.stdout) : new PlainReporter(process.stdout);
}

async function run(target: string, options: RunOptions, reporter: Reporter): Promise<number> {
  const { stop, hurry, forget } = interrupts();
  const instance = newInstance("run");
  const tag = imageTag(instance);
  let shellOpen = false;
  const quiet: Reporter = {
    tell: (event) => {
      // While a shell is open, the terminal belongs to it.
      if (!shellOpen || (event.event !== "log" && event.event !== "refused")) {
        reporter.tell(event);
      }
    },
  };
  const failed = (error: unknown) =>
    reporter.tell({
      event: "failed",
      message:
        stop.signal.aborted && error === stop.signal.reason
          ? "interrupted before it ran."
          : error instanceof Error
            ? error.message
            : String(error),
    });
  try {
    const cli = await Docker.find();
    const engine = await connectDocker();
    for (const dead of await sweepDeadRuns(engine)) {
      reporter.tell({ event: "note", message: `Removed what the killed ${dead} had left in Docker.` });
    }
    reporter.tell({ event: "plan", steps: await planOf(target, options) });
    try {
      const image = await readyImage(target, options, { docker: cli, reporter, signal: stop.signal, tag });
      const shell = async (container: string) => {
        shellOpen = true;
        await shellIn(container, cli.client.command, stop.signal);
        shellOpen = false;
        stop.abort();
      };
      const end = await runWorkspace(image, options, {
        ...{ docker: engine, instance, reporter: quiet, stop: stop.signal, hurry: hurry.signal },
        ...(options.shell ? { shell } : {}),
      });
      return end === "ended in time" ? 0 : notAsItShould;
    } finally {
      await cli.removeImage(tag);
    }
  } catch (error) {
    failed(error);
    return error instanceof ContractBroken ? notAsItShould : couldNotRun;
  } finally {
    forget();
  }
}

async function planOf(target: string, { web, console: ssh }: RunOptions): Promise<Step[]> {
  return [
    ...((await isFolder(target)) ? (["build"] as const) : []),
    ...(["contract", "prepare", "start"] as const),
    ...(web === false ? [] : (["web"] as const)),
    ...(ssh === false ? [] : (["console"] as const)),
  ];
}

/**
 * The first Ctrl-C or TERM stops the workspace; the second one stops it without waiting. A closed terminal or pipe also
 * stops it, because no user is left to do so.
 */
function interrupts(): { stop: AbortController; hurry: AbortController; forget(): void } {
  const stop = new AbortController();
  const hurry = new AbortController();
  const interrupted = () => (stop.signal.aborted ? hurry : stop).abort();
  const alone = () => stop.abort();
  process.on("SIGINT", interrupted).on("SIGTERM", interrupted).on("SIGHUP", alone);
  process.stdout.on("error", alone);
  return {
    stop,
    hurry,
    forget: () => {
      process.off("SIGINT", interrupted).off("SIGTERM", interrupted).off("SIGHUP", alone);
      process.stdout.off("error", alone);
    },
  };
}
