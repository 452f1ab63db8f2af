import { strict as assert } from "node:assert";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../../sdk";
import { startTestBench, type TestBench } from "../bench";
import { listen } from "../workspaces/workspaces";
import { withPlugin } from "./with-plugin";

describe("two tenants in one program", function () {
  this.timeout(120_000);
  const tenants: TestBench[] = [];
  let first: TestBench;
  let stack: Stack;
  let keys: string[];

  before(async () => {
    first = await startTestBench({ containers: false });
    tenants.push(first, await startTestBench({ containers: false }));
    keys = tenants.map(({ apiKey }) => apiKey);
    stack = await first.stack("tenants", async () => {
      const found = tenants.map((tenant, i) => {
        const { ICA_BASE_URL: baseUrl = "", ICA_S3_ENDPOINT: s3Endpoint = "" } = tenant.env;
        const settings = { apiKey: keys[i] ?? "", baseUrl, s3Endpoint, projectId: tenant.projectId };
        const provider = new ica.Provider(`tenant${i}`, settings);
        const team = new pulumi.ComponentResource("test:index:Team", `team${i}`, {}, { providers: [provider] });
        const image = ica.getImageOutput({ name: "shared" }, { provider });
        const args = {
          ...{ name: "genomics", image: image.imageId, resourceModel: "standard-small", storageGb: 10 },
          ...{ access: { web: true }, network: "public" as const },
        };
        return new ica.Workspace(`w${i}`, args, { parent: team }).workspaceId;
      });
      return { found };
    });
    await withPlugin(stack);
    for (const tenant of tenants)
      await tenant.byHand("POST", "/api/dockerImages:createExternal", {
        ...{ url: "example.org/shared:1", name: "shared", version: "1", type: "BENCH" },
      });
  });

  after(async () => {
    for (const tenant of tenants) await tenant.close();
  });

  const idsIn = async (tenant: TestBench) =>
    (
      (await tenant.byHand("GET", `/api/projects/${tenant.projectId}/workspaces`)).body as { items: { id: string }[] }
    ).items.map(({ id }) => id);

  it("each get their workspace, from their own image, with their own key, which the state keeps encrypted", async () => {
    const { outputs } = await stack.up({ color: "never" });
    const found = outputs.found?.value as string[];
    assert.deepEqual(
      [await idsIn(tenants[0] as TestBench), await idsIn(tenants[1] as TestBench)],
      [[found[0]], [found[1]]],
    );
    // The Automation API exports secrets in clear, so this looks at the file.
    const states = path.join(first.dir, "state/.pulumi/stacks");
    const file = (await readdir(states, { recursive: true })).find((name) => name.endsWith("tenants.json"));
    const state = await readFile(path.join(states, file ?? ""), "utf8");
    assert.match(state, /pulumi:providers:ica/);
    for (const key of keys) assert.ok(!state.includes(key), "a key is in the state");
  });

  it("a new key changes the provider, and neither replaces nor loses what it made", async () => {
    const good = [...keys];
    keys[1] = "another-key";
    const { told, onEvent } = listen();
    await assert.rejects(stack.up({ color: "never", onEvent }), /401/);
    keys = good;
    assert.deepEqual(told("tenant1").ops, ["update"]);
    const { summary } = await stack.up({ color: "never" });
    assert.ok(!Object.keys(summary.resourceChanges ?? {}).some((op) => /create|replace|delete/.test(op)));
  });

  it("lose everything when it is destroyed", async () => {
    await stack.destroy({ color: "never" });
    for (const tenant of tenants) assert.deepEqual(await idsIn(tenant), []);
  });
});
