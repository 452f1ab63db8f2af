import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import type { EmulatorConfig } from "../../emulator/config";
import { type Emulator, startEmulator } from "../../emulator/server";

export const V3 = "application/vnd.illumina.v3+json";
export const V4 = "application/vnd.illumina.v4+json";

/** An answer, its JSON read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined for an empty body. */
  readonly body: unknown;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Default v3; the calls of Docker images want v4. */
  readonly mediaType?: string;
}

/** An emulator in this process, on a folder of its own. */
export class TestEmulator {
  private constructor(
    readonly dir: string,
    readonly emulator: Emulator,
    readonly apiKey: string,
    readonly log: readonly string[],
  ) {}

  static async start(config: Partial<EmulatorConfig> = {}): Promise<TestEmulator> {
    const dir = config.dir ?? (await mkdtemp(path.join(tmpdir(), "pulumi-ica-test-")));
    const log: string[] = [];
    try {
      const emulator = await startEmulator({ port: 0, log: (line) => log.push(line), ...config, dir });
      return new TestEmulator(dir, emulator, emulator.apiKey ?? config.apiKey ?? "", log);
    } catch (error) {
      if (config.dir === undefined) {
        await rm(dir, { recursive: true });
      }
      throw error;
    }
  }

  get data(): string {
    return `/api/projects/${this.emulator.projectId}/data`;
  }

  call(method: string, address: string, options: CallOptions = {}): Promise<Answer> {
    return call(this.emulator.url, method, address, {
      ...options,
      headers: { "X-API-Key": this.apiKey, ...options.headers },
    });
  }

  /** A call that must succeed; its body. */
  async ok(method: string, address: string, options: CallOptions = {}): Promise<unknown> {
    const answer = await this.call(method, address, options);
    assert.ok(answer.status < 300, `${method} ${address}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async close(): Promise<void> {
    await this.emulator.close({ removeAll: true });
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** One call below /ica/rest of any emulator. */
export async function call(
  baseUrl: string,
  method: string,
  address: string,
  options: CallOptions = {},
): Promise<Answer> {
  const { body, headers, mediaType = V3 } = options;
  const response = await fetch(`${baseUrl}/ica/rest${address}`, {
    method,
    headers: { Accept: mediaType, ...(body === undefined ? {} : { "Content-Type": mediaType }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed: unknown = text === "" ? undefined : JSON.parse(text);
  return { status: response.status, headers: response.headers, body: parsed };
}

/** Asserts a problem in the documented form, and gives its `detail`. */
export function problemDetail({ status, headers, body }: Answer, expected: number): string {
  assert.equal(status, expected, JSON.stringify(body));
  assert.match(headers.get("content-type") ?? "", /^application\/problem\+json/);
  for (const field of ["type", "title", "status", "timestamp", "parameters"]) {
    at(body, field);
  }
  assert.equal(at(body, "status"), expected);
  return String(at(body, "detail"));
}

/** What is at a path in JSON, for example `at(body, "data", "details", "status")`; fails when there is nothing. */
export function at(json: unknown, ...steps: (string | number)[]): unknown {
  let here = json;
  for (const step of steps) {
    assert.ok(
      typeof here === "object" && here !== null && step in here,
      `no ${steps.join(".")} in ${JSON.stringify(json)}`,
    );
    here = Object.entries(here).find(([key]) => key === String(step))?.[1];
  }
  return here;
}

/** The texts of a list: one attribute of each of its items. */
export function each(json: unknown, list: string, ...steps: (string | number)[]): unknown[] {
  const items = at(json, list);
  assert.ok(Array.isArray(items));
  return items.map((item) => at(item, ...steps));
}

/** Credentials as the API gives them. */
export interface Aws {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly sessionToken: string;
  readonly region: string;
  readonly bucket: string;
  readonly objectPrefix: string;
}

export function awsOf(json: unknown): Aws {
  const given = at(json, "awsTempCredentials");
  const text = (name: string) => String(at(given, name));
  return {
    accessKey: text("accessKey"),
    secretKey: text("secretKey"),
    sessionToken: text("sessionToken"),
    region: text("region"),
    bucket: text("bucket"),
    objectPrefix: text("objectPrefix"),
  };
}

/** The AWS SDK as a client would set it up, with the SDK's own default checksums. */
export function s3Client(endpoint: string, aws: Aws): S3Client {
  return new S3Client({
    endpoint,
    region: aws.region,
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: aws.accessKey, secretAccessKey: aws.secretKey, sessionToken: aws.sessionToken },
  });
}

/** Polls until a condition holds; fails after `seconds` with what it was. */
export async function until<T>(what: string, condition: () => Promise<T | undefined>, seconds = 30): Promise<T> {
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; ) {
    const result = await condition();
    if (result !== undefined) {
      return result;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what}: not so after ${seconds} s`);
}
