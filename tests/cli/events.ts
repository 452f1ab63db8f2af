import { strict as assert } from "node:assert";
import { z } from "zod";
import { until } from "../support/until";
import { type Outcome, type Running, start } from "./process";

/** What `ica-bench run --json` tells, as far as tests look at it. */
const event = z.looseObject({ event: z.string() });
export type Told = z.infer<typeof event>;

const ready = z.object({
  web: z.string().optional(),
  console: z
    .object({ host: z.string(), port: z.number(), user: z.string(), password: z.string(), command: z.string() })
    .optional(),
});
export type Ready = z.infer<typeof ready>;

export const stopped = z.object({ seconds: z.number(), killed: z.boolean() });
export const made = z.object({ container: z.string(), outside: z.string().optional() });

/** A run of `ica-bench run --json`. */
export class Run {
  readonly running: Running;

  constructor(args: readonly string[], options?: Parameters<typeof start>[1]) {
    this.running = start(["run", "--json", ...args], options);
  }

  events(): Told[] {
    return this.running.lines.map((line) => event.parse(JSON.parse(line)));
  }

  find(name: string, which: Record<string, unknown> = {}): Told | undefined {
    return this.events().find(
      (told) => told.event === name && Object.entries(which).every(([key, value]) => told[key] === value),
    );
  }

  /** Waits for an event. If the program ends before, fails with everything that it printed. */
  async told(name: string, which: Record<string, unknown> = {}): Promise<Told> {
    let over = false;
    void this.running.ended.then(() => {
      over = true;
    });
    await until(
      `it tells "${name}" ${JSON.stringify(which)}`,
      () => over || this.find(name, which) !== undefined,
      120_000,
    );
    const found = this.find(name, which);
    assert.ok(found !== undefined, `it ended without "${name}":\n${this.running.lines.join("\n")}`);
    return found;
  }

  async ready(): Promise<Ready> {
    return ready.parse(await this.told("ready"));
  }

  /** Ctrl-C, and its report. */
  async interrupt(): Promise<Outcome & z.infer<typeof stopped>> {
    this.running.child.kill("SIGINT");
    const outcome = await this.running.ended;
    const found = this.find("stopped");
    assert.ok(
      found !== undefined,
      `there is a report of the stop:\n${this.running.lines.join("\n")}\n${outcome.stderr}`,
    );
    return { ...outcome, ...stopped.parse(found) };
  }

  /** For the end of a test, however it went. */
  async end(): Promise<void> {
    if (this.running.child.exitCode === null) {
      this.running.child.kill("SIGINT");
      await this.running.ended;
    }
  }
}
