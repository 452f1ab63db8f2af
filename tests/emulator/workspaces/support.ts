import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { until } from "../../runtime/support";

const V4 = "application/vnd.illumina.v4+json";

const workspace = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  statusMessage: z.string().optional(),
  storageSizeInGb: z.number(),
  timeCreated: z.string(),
  timeModified: z.string(),
  webUrl: z.string().optional(),
  consoleHost: z.string().optional(),
  consolePort: z.number().optional(),
});
export type WorkspaceView = z.infer<typeof workspace>;

const page = z.object({ items: z.array(workspace), totalItemCount: z.number() });

/** An answer with what tests look at. */
export interface Answer {
  readonly status: number;
  readonly etag: string | null;
  readonly type: string | null;
  readonly body: unknown;
}

/** Settings that are in order, changed as the test needs them. */
export function settings(imageId: string, change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: "genomics",
    imageId,
    resourceModel: "standard-small",
    storageSizeInGb: 64,
    access: { web: true, console: true },
    network: { mode: "PUBLIC", allowedUrls: [] },
    ...change,
  };
}

/** The calls of one emulator, made by hand: these tests must not agree with the client's mistakes. */
export class Calls {
  readonly #api: string;

  constructor(
    emulatorUrl: string,
    readonly apiKey: string,
    readonly projectId: string,
  ) {
    this.#api = `${emulatorUrl}/ica/rest/api`;
  }

  async call(method: string, route: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const res = await fetch(`${this.#api}${route}`, {
      method,
      headers: {
        "X-API-Key": this.apiKey,
        Accept: V4,
        ...(body === undefined ? {} : { "Content-Type": V4 }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await res.text();
    return {
      status: res.status,
      etag: res.headers.get("ETag"),
      type: res.headers.get("Content-Type"),
      body: text === "" ? undefined : JSON.parse(text),
    };
  }

  /** A call under the workspaces of the project, for example `"/<id>:start"`. */
  on(method: string, below: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.call(method, `/projects/${this.projectId}/workspaces${below}`, body, headers);
  }

  async create(body: unknown, headers?: Record<string, string>): Promise<WorkspaceView> {
    return workspace.parse(expect(201, await this.on("POST", "", body, headers)));
  }

  async get(id: string): Promise<WorkspaceView> {
    return workspace.parse(expect(200, await this.on("GET", `/${id}`)));
  }

  async list(query = ""): Promise<z.infer<typeof page>> {
    return page.parse(expect(200, await this.on("GET", query)));
  }

  async start(id: string): Promise<void> {
    expect(204, await this.on("POST", `/${id}:start`));
  }

  async stop(id: string): Promise<void> {
    expect(204, await this.on("POST", `/${id}:stop`));
  }

  /** Waits for a state. */
  becomes(id: string, status: string): Promise<WorkspaceView> {
    return until(
      `workspace ${id} is ${status}`,
      async () => {
        const found = await this.get(id);
        if (found.status === "Failed" && status !== "Failed") {
          throw new Error(`It failed: ${found.statusMessage}`);
        }
        return found.status === status ? found : undefined;
      },
      60,
    );
  }

  /** Registers an image that the local Docker knows already. */
  async image(reference: string, name: string, type: "BENCH" | "TOOL" = "BENCH"): Promise<string> {
    const body = { url: reference, name, version: "1", type };
    return z
      .object({ id: z.string() })
      .parse(expect(201, await this.call("POST", "/dockerImages:createExternal", body))).id;
  }
}

/** The body of an answer that has this status; else an error with the server's own words. */
export function expect(status: number, answer: Answer): unknown {
  if (answer.status !== status) {
    throw new Error(`${status} was expected, ${answer.status} came: ${JSON.stringify(answer.body)}`);
  }
  return answer.body;
}

/** A folder that is gone after the callback of the returned function. */
export async function temporaryFolder(): Promise<{ dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-test-"));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}
