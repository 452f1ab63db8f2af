import { systemClock } from "../clock";
import { readConfig } from "../config";
import type { Context } from "../context";
import { shown } from "../error-message";
import { HiddenValues } from "../pulumi/hidden-values";
import { messageWithAdvice, Run } from "../pulumi/last-up";
import { openSession, type Session } from "../pulumi/open-session";
import { factsOf } from "../pulumi/preview-facts";
import { settingOf } from "./configuration";
import type { Logs } from "./engine-log";
import type { Received } from "./values";

/** The ICA of this plugin: its configuration, its session, and what must not be printed. One process serves one tenant. */
export class Tenant {
  readonly #logs: Logs;
  readonly #signal: AbortSignal;
  readonly #hidden = new HiddenValues();
  readonly #run = new Run();
  #settings: Readonly<Record<string, unknown>> = {};
  #session: Session | undefined;

  constructor(logs: Logs, signal: AbortSignal) {
    this.#logs = logs;
    this.#signal = signal;
  }

  configure({ values, secrets }: Received): void {
    this.#hidden.add(values, [...secrets, ["apiKey"]]);
    this.#settings = values;
  }

  /** Called when a resource of the program is checked: the configuration is current. */
  programRuns(): void {
    this.#run.programRuns();
  }

  /** The context of a call. Opens the session at the first call, so that a wrong setting is told at a resource. */
  context(urn: string, ...properties: readonly Received[]): Context {
    for (const { values, secrets } of properties) {
      this.#hidden.add(values, secrets);
    }
    this.#session ??= openSession(
      readConfig(settingOf(this.#settings), process.env, { ofLastUp: this.#run.mayBeLastUp }),
      this.#signal,
      this.#run,
      (line) => this.#logs(undefined, systemClock).warn(line),
    );
    return {
      ...this.#session,
      log: this.#hidden.hiding(this.#logs(urn, systemClock)),
      clock: systemClock,
      urn,
      noteFacts: factsOf(urn, this.#hidden),
    };
  }

  /** The message of an error, with advice, without secrets and without unprintable characters. */
  told(error: unknown): string {
    return this.text(messageWithAdvice(error, this.#run));
  }

  /** A text without secrets and without unprintable characters. */
  text(line: string): string {
    return shown(this.#hidden.hide(line));
  }
}
