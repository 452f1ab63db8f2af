#!/usr/bin/env node
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { watchEngine } from "../pulumi/engine-watch";
import { startPlugin } from "./server";

/** Milliseconds that running work has to finish. The engine kills a plugin five seconds after SIGINT, with all it started. */
const lastWordsMs = 4000;

/** The plugin as the engine starts it: `pulumi-resource-ica [flags] ENGINE`. It prints its port, and serves until the engine ends it. */
async function main(): Promise<void> {
  const last = process.argv.at(-1);
  const engine = last !== undefined && /^[\w.[\]:-]+:\d+$/.test(last) ? last : undefined;
  const plugin = await startPlugin(version(), engine);
  const end = (reason: string) => {
    // The connection of an engine that is gone may stay open.
    setTimeout(() => process.exit(1), lastWordsMs).unref();
    void plugin.end(reason).then(() => process.exit(0));
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => end(`Pulumi ended the plugin (${signal})`));
  }
  if (engine !== undefined) {
    watchEngine(engine, () => end("the Pulumi engine is gone"));
  }
  process.stdout.write(`${plugin.port}\n`);
}

/** The version of the package: two folders above the source, three above the built file. */
function version(): string {
  const folder = [path.join(__dirname, "../.."), path.join(__dirname, "../../..")].find((each) =>
    existsSync(path.join(each, "package.json")),
  );
  const text = readFileSync(path.join(folder ?? "", "package.json"), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

void main();
