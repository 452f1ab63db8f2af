#!/usr/bin/env node
import { Command } from "commander";
import { isEmulatorMissing, missingEmulator } from "../provider/emulator-package";
import { commentCommand } from "./comment/command";
import { doctorCommand } from "./doctor/command";
import { initCommand } from "./init/command";
import { lintCommand } from "./lint/command";
import { say } from "./output";
import { packageVersion } from "./package-root";
import { previewCommand } from "./preview/command";

type EmulatorCommand = typeof import("./emulator/command");
type RunCommand = typeof import("./run/command");

const program = new Command("ica-bench")
  .description("Bench images and workspaces of Illumina Connected Analytics, on your own machine.")
  .version(packageVersion())
  .addCommand(initCommand())
  .addCommand(lintCommand())
  .addCommand(
    ofEmulator(
      "run",
      "Run an image under Bench's rules on this machine; a folder is built first. Ctrl-C stops it as Bench would.",
      () => (require("./run/command") as RunCommand).runCommand(),
    ),
  )
  .addCommand(
    ofEmulator(
      "emulator",
      "An ICA on this machine: the REST calls, an object store, workspaces in Docker, and a page to look at them.",
      () => (require("./emulator/command") as EmulatorCommand).emulatorCommand(),
    ),
  )
  .addCommand(previewCommand())
  .addCommand(commentCommand())
  .addCommand(doctorCommand());

/** A command that needs the emulator package. Loads the package only when the command is called. */
function ofEmulator(name: string, description: string, load: () => Command): Command {
  if (!process.argv.slice(2, 4).includes(name)) {
    return new Command(name).description(description);
  }
  try {
    return load().description(description);
  } catch (error) {
    if (!isEmulatorMissing(error)) {
      throw error;
    }
    say(missingEmulator(`ica-bench ${name}`));
    process.exit(1);
  }
}

// The reader of a pipe may stop reading, and a terminal may close: neither deserves a stack trace.
for (const output of [process.stdout, process.stderr]) {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EIO") {
      throw error;
    }
  });
}

program.parseAsync().catch((error: unknown) => {
  say(`ica-bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
