import type { Config } from "../../provider/config";
import type { Context } from "../../provider/context";
import type { Log } from "../../provider/handler";
import { IcaClient } from "../../provider/ica/client";
import { newRunMemory } from "../../provider/run-memory";
import { FakeClock } from "./fake-clock";

/** Records the lines that a user would see. */
export class RememberedLog implements Log {
  readonly lines: string[] = [];
  readonly warnings: string[] = [];
  readonly statuses: string[] = [];
  info(line: string): void {
    this.lines.push(line);
  }
  status(line: string): void {
    this.statuses.push(line);
  }
  warn(line: string): void {
    this.warnings.push(line);
  }
}

/** The resource whose calls a test makes. */
const urn = "urn:pulumi:dev::demo::pulumi-nodejs:dynamic/ica:Workspace::genomics";

export const projectId = "11111111-1111-4111-8111-111111111111";

/** The configuration of a stack. */
export function configFor(baseUrl: string, overrides: Partial<Config> = {}): Config {
  return {
    apiKey: "the-api-key",
    baseUrl,
    projectId,
    region: undefined,
    s3Endpoint: undefined,
    layerCacheSize: 0,
    from: {},
    ...overrides,
  };
}

export interface TestContext extends Context {
  readonly clock: FakeClock;
  readonly log: RememberedLog;
}

/** What a handler needs: the real client against `baseUrl`, a fake clock, a recording log, and no Docker. */
export function contextFor(
  baseUrl: string,
  overrides: Partial<Config> = {},
  signal = new AbortController().signal,
): TestContext {
  const clock = new FakeClock();
  const config = configFor(baseUrl, overrides);
  return {
    config,
    client: new IcaClient({ baseUrl, apiKey: config.apiKey, clock, signal }),
    docker: () => Promise.reject(new Error("this test has no Docker")),
    log: new RememberedLog(),
    clock,
    signal,
    run: newRunMemory(),
    urn,
  };
}
