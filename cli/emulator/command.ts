import { Command, Option } from "commander";
import { defaultFolder } from "pulumi-ica-emulator";
import { wholeNumber } from "../whole-number";
import { faultCommand } from "./fault";
import { runInForeground } from "./foreground";
import type { StartOptions } from "./options";
import { startInBackground } from "./start";
import { showStatus } from "./status";
import { stopEmulator } from "./stop";

/** The default port. */
const defaultPort = 4747;
/** Default seconds that an image stays PARTIAL: long enough for a person to see it. */
const defaultImageDelayS = 2;

/** `ica-bench emulator …`: runs an ICA on this machine. */
export function emulatorCommand(): Command {
  const dir = () => new Option("--dir <folder>", "where its state is").default(defaultFolder());
  const command = new Command("emulator");

  command
    .command("start")
    .description(
      'Start it in the background. Use as: eval "$(ica-bench emulator start)". Prints a sign-in link for its page.',
    )
    .addOption(dir())
    .option("--port <number>", "port on 127.0.0.1; 0 chooses a free one", wholeNumber(65_535), defaultPort)
    .option(
      "--image-delay <seconds>",
      "how long an image stays PARTIAL (5 to 30 minutes on ICA)",
      wholeNumber(3600),
      defaultImageDelayS,
    )
    .option("--new-key", "create a new API key; the previous one is no longer valid", false)
    .option("--no-workspaces", "serve the documented calls only, as a tenant without workspace calls would")
    .option("--no-containers", "workspaces only have states, nothing runs: for measurements with many of them")
    .option("--allow-private", "let public workspaces reach private addresses and this machine; Bench does not", false)
    .option(
      "--requests-per-second <number>",
      "answer more REST calls than that with 429 and Retry-After; 0: no limit",
      wholeNumber(100_000),
      0,
    )
    .option("--foreground", "stay in the foreground, log to the terminal", false)
    .action(async ({ foreground, ...options }: StartOptions & { foreground: boolean }) => {
      await (foreground ? runInForeground(options) : startInBackground(options));
    });

  command
    .command("stop")
    .description("Stop it. Its state stays, and so do stopped workspaces.")
    .addOption(dir())
    .option("--purge", "also remove its state, and everything that it created in Docker", false)
    .action(async (options: { dir: string; purge: boolean }) => {
      await stopEmulator(options);
    });

  command
    .command("status")
    .description(
      "Show whether it runs, the address of its page, and what it contains. With the key in ICA_API_KEY the address signs in. Exit code 3 when it does not run.",
    )
    .addOption(dir())
    .action(async (options: { dir: string }) => {
      await showStatus(options.dir);
    });

  command.addCommand(faultCommand(dir()));
  return command;
}
