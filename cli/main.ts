#!/usr/bin/env node
import { Command } from "commander";
import { packageVersion } from "../emulator/package-root";
import { doctorCommand } from "./doctor";
import { emulatorCommand } from "./emulator";
import { initCommand } from "./init";
import { lintCommand } from "./lint/command";
import { say } from "./output";
import { runCommand } from "./run/command";

const program = new Command("ica-bench")
  .description("Bench images and workspaces of Illumina Connected Analytics, on your own machine.")
  .version(packageVersion())
  .addCommand(initCommand())
  .addCommand(lintCommand())
  .addCommand(runCommand())
  .addCommand(emulatorCommand())
  .addCommand(doctorCommand());

// The reader of a pipe may have read enough, and a terminal may be closed: neither is worth a stack.
for (const output of [process.stdout, process.stderr]) {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
  });
}

program.parseAsync().catch((error: unknown) => {
  say(`ica-bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
