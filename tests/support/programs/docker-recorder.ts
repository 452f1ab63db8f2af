import { existsSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/** A docker client that records its arguments and then runs the real client. */
export class DockerRecorder {
  private constructor(
    readonly command: string,
    readonly log: string,
  ) {}

  /** `real`: path of the real client. */
  static async in(dir: string, real: string): Promise<DockerRecorder> {
    const recorder = new DockerRecorder(path.join(dir, "docker"), path.join(dir, "docker.log"));
    await writeFile(recorder.log, "");
    const lines = [
      "#!/bin/sh",
      `printf '%s\\n' "$*" >> '${recorder.log}'`,
      `case "$*" in *build*) : > '${recorder.#built}' ;; esac`,
      `exec '${real}' "$@"`,
    ];
    await writeFile(recorder.command, `${lines.join("\n")}\n`);
    await chmod(recorder.command, 0o755);
    return recorder;
  }

  /** Whether an image was ever built with it. */
  get hasBuilt(): boolean {
    return existsSync(this.#built);
  }

  get #built(): string {
    return `${this.log}.built`;
  }

  /** The command lines since the last call. */
  async take(): Promise<string[]> {
    const lines = (await readFile(this.log, "utf8")).split("\n").filter((line) => line !== "");
    await writeFile(this.log, "");
    return lines;
  }
}
