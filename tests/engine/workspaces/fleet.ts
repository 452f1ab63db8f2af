import { strict as assert } from "node:assert";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { z } from "zod";
import * as ica from "../../../sdk/index";
import type { TestBench } from "../bench";

/** Many workspaces that differ only in name, for tests and benchmarks of many at a time. */

const listSchema = z.object({
  items: z.array(z.looseObject({ id: z.string(), name: z.string(), status: z.string() })),
  totalItemCount: z.number(),
});

const stateSchema = z.looseObject({
  resources: z.array(z.looseObject({ urn: z.string(), type: z.string(), id: z.string().optional() })),
});

export type Listed = z.infer<typeof listSchema>["items"][number];

/** An image that needs no Docker: the emulator takes an external one at its word. */
export async function makeImage(bench: TestBench): Promise<string> {
  const { status, body } = await bench.byHand("POST", "/api/dockerImages:createExternal", {
    name: "fleet",
    version: "1",
    type: "BENCH",
    url: "registry.example/fleet:1",
  });
  assert.equal(status, 201);
  return z.object({ id: z.string() }).parse(body).id;
}

/** Declares workspaces `w0`, `w1`, … */
export function declareFleet(count: number, image: string, more: Partial<ica.WorkspaceArgs> = {}): void {
  for (let i = 0; i < count; i++) {
    new ica.Workspace(`w${i}`, {
      image,
      resourceModel: "standard-small",
      storageGb: 20,
      access: { web: true, console: false },
      network: "public",
      ...more,
    });
  }
}

/** Every workspace of the project, by hand. */
export async function listAll(bench: TestBench): Promise<Listed[]> {
  const { body } = await bench.byHand("GET", `/api/projects/${bench.projectId}/workspaces?pageSize=1000`);
  return listSchema.parse(body).items;
}

/**
 * Makes a stack of one workspace one of `count`, whose state is what `up` would have left: an `up` of so many takes the
 * engine minutes for its own books.
 */
export async function multiply(bench: TestBench, stack: Stack, count: number): Promise<void> {
  const exported = await stack.exportStack();
  const state = stateSchema.parse(exported.deployment);
  const first = state.resources.find(({ type }) => type === "pulumi-nodejs:dynamic/ica:Workspace");
  const [live] = await listAll(bench);
  assert.ok(first?.id !== undefined && live !== undefined, "there is one workspace, in the state and in ICA");
  const { id: liveId, name, timeCreated, timeModified, projectId, status, webUrl, ...settings } = live;
  const text = JSON.stringify(first);
  const made = [];
  for (let i = 1; i < count; i++) {
    const ofThis = name.replace(/w0$/, `w${i}`);
    const { body } = await bench.byHand("POST", `/api/projects/${bench.projectId}/workspaces`, {
      ...settings,
      name: ofThis,
    });
    const { id } = z.object({ id: z.string() }).parse(body);
    made.push(JSON.parse(text.replaceAll("::w0", `::w${i}`).replaceAll(name, ofThis).replaceAll(liveId, id)));
  }
  await stack.importStack({ ...exported, deployment: { ...state, resources: [...state.resources, ...made] } });
}

/** Bytes that a workspace takes in the state, the largest. */
export async function bytesPerWorkspace(stack: Stack): Promise<number> {
  const state = stateSchema.parse((await stack.exportStack()).deployment);
  return Math.max(
    ...state.resources.filter(({ type }) => type.endsWith("ica:Workspace")).map((r) => JSON.stringify(r).length),
  );
}
