import { strict as assert } from "node:assert";
import type * as pulumi from "@pulumi/pulumi";
import type { EngineEvent, PulumiFn, Stack } from "@pulumi/pulumi/automation/index.js";
import sinon from "sinon";
import { PretendedBench } from "../../support/servers/pretended-bench";
import { isWrite } from "../../support/servers/recording-proxy";
import { until } from "../../support/until";
import { type Adapter, dynamicResources } from "../adapters";
import { startTestBench, type TestBench } from "../bench";

/** A workspace as the REST API shows it. */
export type Live = Record<string, unknown> & { readonly id: string; readonly name: string; readonly status: string };

/** What the engine said of one resource. */
export interface Told {
  /** `same`, `update`, `create-replacement`, … in order. */
  readonly ops: string[];
  /** The inputs that differ; of a replacement, those that force it. */
  readonly diffs: string[];
  /** Lines for the user. */
  readonly messages: string[];
}

/** An emulator whose workspaces have no containers, an engine, and images that are only names. */
export class WorkspaceBench {
  private constructor(
    readonly bench: TestBench,
    readonly pretended: PretendedBench,
    readonly images: { readonly first: string; readonly second: string },
    readonly sandbox: sinon.SinonSandbox,
    readonly adapter: Adapter,
  ) {}

  static async start(adapter = dynamicResources): Promise<WorkspaceBench> {
    const sandbox = sinon.createSandbox();
    const pretended = new PretendedBench(sandbox);
    const bench = await startTestBench({
      benchSettings: { clusterCompatible: true, access: { web: true, console: true } },
    });
    const image = async (name: string) => {
      const body = { url: `example.org/${name}:1`, name, version: "1", type: "BENCH" };
      return ((await bench.byHand("POST", "/api/dockerImages:createExternal", body)).body as { id: string }).id;
    };
    return new WorkspaceBench(
      bench,
      pretended,
      { first: await image("first"), second: await image("second") },
      sandbox,
      adapter,
    );
  }

  /** Arguments of a workspace named genomics. */
  genomics() {
    return {
      name: "genomics",
      image: this.images.first,
      resourceModel: "standard-small",
      storageGb: 20,
      access: { web: true },
      network: "public",
    } as const;
  }

  async close(): Promise<void> {
    await this.bench.close();
    this.sandbox.restore();
  }

  /** A stack whose program gets the options for its resources. */
  async stack(name: string, program: (served: pulumi.CustomResourceOptions) => ReturnType<PulumiFn>): Promise<Stack> {
    return this.adapter.prepare(await this.bench.stack(name, async () => program(this.adapter.options())));
  }

  async list(): Promise<Live[]> {
    const { body } = await this.byHand("GET", "?pageSize=1000");
    return (body as { items: Live[] }).items;
  }

  async named(name: string): Promise<Live> {
    const found = (await this.list()).find((workspace) => workspace.name === name);
    assert.ok(found !== undefined, `there is a workspace "${name}"`);
    return found;
  }

  /** A call under the project's workspaces, as a person with a browser makes it. */
  byHand(method: string, below: string, body?: unknown) {
    return this.bench.byHand(method, `/api/projects/${this.bench.projectId}/workspaces${below}`, body);
  }

  /** Changes settings by hand, outside of the provider. */
  async change(id: string, changes: Record<string, unknown>): Promise<void> {
    const live = (await this.list()).find((workspace) => workspace.id === id) ?? {};
    const { status, body } = await this.byHand("PUT", `/${id}`, { ...settingsOf(live), ...changes });
    assert.equal(status, 200, JSON.stringify(body));
  }

  /** Starts, stops or deletes by hand, and waits for it. */
  async press(id: string, verb: "start" | "stop" | "delete"): Promise<void> {
    assert.equal((await this.byHand("POST", `/${id}:${verb}`)).status, 204, `${verb} by hand`);
    if (verb === "delete") return;
    const goal = verb === "start" ? "Running" : "Stopped";
    await until(`it is ${goal}`, async () => (await this.list()).find((one) => one.id === id)?.status === goal, 10_000);
  }

  /** Makes one by hand. */
  async make(settings: Record<string, unknown>): Promise<Live> {
    const { status, body } = await this.byHand("POST", "", { ...plainSettings(this.images.first), ...settings });
    assert.equal(status, 201, JSON.stringify(body));
    return body as Live;
  }

  /** What was written since the last time this was asked: `PUT <id>`, `:stop <id>`, `POST` and so on. */
  takeWrites(): { verb: string; id: string }[] {
    return this.bench.calls
      .take()
      .filter(isWrite)
      .map(({ method, path }) => {
        const [id = "", verb] = (path.split("/workspaces")[1] ?? "").slice(1).split(":");
        return { verb: verb === undefined ? method : `:${verb}`, id };
      });
  }

  /** The verbs alone. */
  takeVerbs(): string[] {
    return this.takeWrites().map(({ verb }) => verb);
  }
}

/** Settings as a person would choose them. */
export function plainSettings(imageId: string): Record<string, unknown> {
  return {
    imageId,
    resourceModel: "standard-small",
    storageSizeInGb: 20,
    access: { web: true, console: false },
    network: { mode: "RESTRICTED", allowedUrls: [] },
  };
}

const settingNames = [
  ...["name", "imageId", "resourceModel", "storageSizeInGb", "access", "network"],
  ...["cluster", "ephemeralStorage", "users"],
];

/** What can be set, of what the API shows. */
export function settingsOf(live: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(settingNames.filter((key) => live[key] !== undefined).map((key) => [key, live[key]]));
}

/** Gathers what the engine says, by the name of the resource. */
export function listen(): { told: (name: string) => Told; onEvent: (event: EngineEvent) => void } {
  const all = new Map<string, Told>();
  const told = (name: string): Told => {
    const known = all.get(name) ?? { ops: [], diffs: [], messages: [] };
    all.set(name, known);
    return known;
  };
  const nameOf = (urn: string) => urn.split("::").at(-1) ?? "";
  return {
    told,
    onEvent: ({ resourcePreEvent, diagnosticEvent }) => {
      if (resourcePreEvent !== undefined) {
        const { urn, op, diffs, keys } = resourcePreEvent.metadata;
        const entry = told(nameOf(urn));
        entry.ops.push(op);
        for (const key of [...(diffs ?? []), ...(keys ?? [])]) if (!entry.diffs.includes(key)) entry.diffs.push(key);
      }
      if (diagnosticEvent?.urn !== undefined) told(nameOf(diagnosticEvent.urn)).messages.push(diagnosticEvent.message);
    },
  };
}
