import { strict as assert } from "node:assert";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Stack, UpResult } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../../sdk/index";
import { isWrite } from "../../support/servers/recording-proxy";
import { until } from "../../support/until";
import { startTestBench, type TestBench } from "../bench";
import { pageAt } from "./page-at";

type Declared = Partial<ica.WorkspaceArgs> & { image?: never };

describe("the engine with an image and a workspace", function () {
  this.timeout(240_000);
  let bench: TestBench;
  let stack: Stack;
  let context: string;
  let first: UpResult;
  /** What the program declares; a step changes it as a user edits the program. */
  let declared: Declared = {};
  let regions: string[] | undefined;
  let imageOptions: { ignoreChanges?: string[] } = {};

  before(async () => {
    bench = await startTestBench();
    context = await bench.imageContext("image");
    stack = await bench.stack("quickstart", async () => {
      const image = new ica.BenchImage(
        "page",
        { build: { context }, access: { web: true, console: true }, ...(regions === undefined ? {} : { regions }) },
        imageOptions,
      );
      const workspace = new ica.Workspace("hello", {
        resourceModel: "standard-small",
        storageGb: 20,
        access: { web: true, console: true },
        network: "restricted",
        allowedUrls: ["https://cran.r-project.org"],
        desiredState: "running",
        ...declared,
        image: image.imageId,
      });
      return {
        imageId: image.imageId,
        version: image.version,
        contextHash: image.contextHash,
        archiveSha256: image.archiveSha256,
        workspaceId: workspace.workspaceId,
        name: workspace.name,
        status: workspace.status,
        webUrl: workspace.webUrl,
      };
    });
  });

  after(async () => {
    await bench?.close();
  });

  const outputs = async () =>
    Object.fromEntries(Object.entries(await stack.outputs()).map(([key, { value }]) => [key, String(value)]));
  const live = async (id: string) =>
    (await bench.byHand("GET", `/api/projects/${bench.projectId}/workspaces/${id}`)).body as Record<string, unknown>;

  it("previews both resources without building, uploading or writing anything", async () => {
    const preview = await stack.preview();
    assert.equal(preview.changeSummary.create, 3, preview.stdout);
    assert.deepEqual(bench.calls.take().filter(isWrite), [], "a preview writes nothing to ICA");
    assert.deepEqual(
      (await bench.docker.take()).filter((line) => /^(build|buildx|save|image)/.test(line)),
      [],
      "a preview neither builds nor saves",
    );
  });

  it("builds, uploads, registers and starts on the first up", async () => {
    first = await stack.up();
    const { status, webUrl, version, contextHash } = await outputs();
    assert.equal(status, "Running");
    assert.equal(version, contextHash?.slice(0, 12), "the default version follows the content");
    assert.match(
      await pageAt(webUrl),
      /Hello from a Bench workspace/,
      "the page is reached through the workspace's address",
    );
    for (const step of ["building", "uploaded", "registered", "AVAILABLE after", "starting the workspace"]) {
      assert.ok(first.stdout.includes(step), `progress tells "${step}":\n${first.stdout}`);
    }
  });

  it("keeps secrets out of the state, which stays under 4 KB a resource", async () => {
    const state = JSON.stringify((await stack.exportStack()).deployment);
    const { resources } = (await stack.exportStack()).deployment as {
      resources: { type: string; inputs?: unknown; outputs?: unknown }[];
    };
    for (const resource of resources.filter(({ type }) => type.includes("ica:"))) {
      const bytes = Buffer.byteLength(JSON.stringify([resource.inputs, resource.outputs]));
      assert.ok(bytes <= 4096, `${resource.type} has ${bytes} bytes of state`);
    }
    assert.ok(
      !state.includes((await stack.workspace).envVars.ICA_API_KEY ?? "no key"),
      "the API key is not in the state",
    );
  });

  it("does nothing on a second up: no build, no save, no upload, no write", async () => {
    bench.calls.take();
    await bench.docker.take();
    const again = await stack.up();
    assert.deepEqual(again.summary.resourceChanges, { same: 3 }, again.stdout);
    assert.deepEqual(bench.calls.take().filter(isWrite), []);
    assert.deepEqual(await bench.docker.take(), [], "not a single docker call");
  });

  it("changes in place what can change in place, while the workspace keeps running", async () => {
    const { workspaceId = "" } = await outputs();
    declared = { ...declared, storageGb: 40, name: "renamed" };
    regions = ["use1", "euc1"];
    bench.calls.take();
    const result = await stack.up();
    assert.deepEqual(result.summary.resourceChanges, { same: 1, update: 2 }, result.stdout);
    const paths = bench.calls.take().map(({ path: p }) => p);
    assert.ok(!paths.some((p) => /:(stop|start)$/.test(p)), "no restart");
    assert.equal(paths.filter((p) => p.endsWith(":addRegions")).length, 1);
    const now = await live(workspaceId);
    assert.equal(now.name, "renamed");
    assert.equal(now.storageSizeInGb, 40);
  });

  it("refuses in preview to restart a running workspace, and names the field and the way out", async () => {
    declared = { ...declared, resourceModel: "standard-medium" };
    await assert.rejects(stack.preview(), (error: Error) => {
      assert.match(error.message, /resourceModel/);
      assert.match(error.message, /Server Connection Error/);
      assert.match(error.message, /allowRestart: true/);
      return true;
    });
  });

  it("restarts it when that is allowed", async () => {
    const { workspaceId = "" } = await outputs();
    declared = { ...declared, allowRestart: true };
    bench.calls.take();
    await stack.up();
    const verbs = bench.calls
      .take()
      .filter(isWrite)
      .map(({ method, path: p }) => (method === "PUT" ? "PUT" : p.slice(p.lastIndexOf(":"))));
    assert.deepEqual(verbs, [":stop", "PUT", ":start"], "stop, change, start, and nothing else");
    assert.equal((await live(workspaceId)).status, "Running");
    assert.equal((await live(workspaceId)).resourceModel, "standard-medium");
  });

  it("shows new content as a change of contextHash, and publishes and uses it on up", async () => {
    const before = await outputs();
    const page = path.join(context, "index.html");
    await writeFile(page, (await readFile(page, "utf8")).replace("Hello from", "News from"));
    const preview = await stack.preview({ diff: true, color: "never" });
    assert.match(preview.stdout, /contextHash\s*: "[0-9a-f]{64}" => "[0-9a-f]{64}"/, preview.stdout);
    assert.equal(preview.changeSummary.replace, 1, preview.stdout);
    await stack.up();
    const after = await outputs();
    assert.notEqual(after.imageId, before.imageId);
    assert.equal(after.workspaceId, before.workspaceId, "the workspace and its /data stay");
    assert.match(await pageAt(after.webUrl), /News from a Bench workspace/);
  });

  it('builds nothing with ignoreChanges: ["contextHash"], even when files in the folder change', async () => {
    const page = path.join(context, "index.html");
    const published = await readFile(page, "utf8");
    await writeFile(page, `${published}<!-- a draft -->\n`);
    imageOptions = { ignoreChanges: ["contextHash"] };
    bench.calls.take();
    await bench.docker.take();
    const ignoring = await stack.up();
    assert.deepEqual(ignoring.summary.resourceChanges, { same: 3 }, ignoring.stdout);
    assert.deepEqual(bench.calls.take().filter(isWrite), []);
    assert.deepEqual(await bench.docker.take(), [], "not a single docker call");
    imageOptions = {};
    assert.equal((await stack.preview()).changeSummary.replace, 1, "without the option the draft would be published");
    await writeFile(page, published);
  });

  it("refuses in preview to lose /data, and replaces when that is allowed", async () => {
    const before = await outputs();
    declared = { ...declared, storageGb: 30 };
    await assert.rejects(stack.preview(), /storageGb.*a disk cannot shrink[\s\S]*allowDataLoss: true/);
    declared = { ...declared, allowDataLoss: true };
    const result = await stack.up();
    assert.equal(result.summary.resourceChanges?.replace, 1, result.stdout);
    const after = await outputs();
    assert.notEqual(after.workspaceId, before.workspaceId);
    assert.equal(
      (await bench.byHand("GET", `/api/projects/${bench.projectId}/workspaces/${before.workspaceId}`)).status,
      404,
    );
  });

  it("shows a stop by hand as drift, exactly that, and repairs it", async () => {
    const { workspaceId = "" } = await outputs();
    assert.equal(
      (await bench.byHand("POST", `/api/projects/${bench.projectId}/workspaces/${workspaceId}:stop`)).status,
      204,
    );
    await until("the workspace is stopped", async () => (await live(workspaceId)).status === "Stopped");
    const preview = await stack.preview({ diff: true, refresh: true, color: "never" });
    assert.match(preview.stdout, /desiredState\s*: "stopped" => "running"/, preview.stdout);
    const up = await stack.up({ refresh: true });
    assert.equal(up.summary.resourceChanges?.update, 1, up.stdout);
    assert.equal((await live(workspaceId)).status, "Running");
  });

  it("creates a manually deleted workspace again", async () => {
    const { workspaceId = "" } = await outputs();
    await bench.byHand("POST", `/api/projects/${bench.projectId}/workspaces/${workspaceId}:stop`);
    await until("the workspace is stopped", async () => (await live(workspaceId)).status === "Stopped");
    assert.equal(
      (await bench.byHand("POST", `/api/projects/${bench.projectId}/workspaces/${workspaceId}:delete`)).status,
      204,
    );
    const refreshed = await stack.refresh();
    assert.equal(refreshed.summary.resourceChanges?.delete, 1, refreshed.stdout);
    await stack.up();
    assert.notEqual((await outputs()).workspaceId, workspaceId);
  });

  it("keeps the state when ICA is down during a refresh", async () => {
    bench.calls.fail((method, p) => method === "GET" && p.includes("/workspaces/"), 503, 1000);
    await assert.rejects(stack.refresh(), /503[\s\S]*Ordered fault/);
    bench.calls.clearFaults();
    const { deployment } = await stack.exportStack();
    assert.ok(JSON.stringify(deployment).includes("ica:Workspace"), "the workspace is still in the state");
  });

  it("destroys the workspace, and forgets the image that ICA cannot delete", async () => {
    const { workspaceId = "", imageId = "" } = await outputs();
    const result = await stack.destroy();
    assert.match(result.stdout, /no call to delete an image/);
    assert.equal((await bench.byHand("GET", `/api/projects/${bench.projectId}/workspaces/${workspaceId}`)).status, 404);
    assert.equal((await bench.byHand("GET", `/api/dockerImages/${imageId}`)).status, 200);
  });

  it("adopts the published image after the state was lost: no build, no save, no upload", async () => {
    await bench.docker.take();
    bench.calls.take();
    const result = await stack.up();
    assert.match(result.stdout, /adopting .*: no build, no upload/);
    assert.deepEqual(
      (await bench.docker.take()).filter((line) => /^(build|buildx|save|image)/.test(line)),
      [],
    );
    assert.ok(!bench.calls.take().some(({ path: p }) => p.includes("/data")), "no archive is touched");
    await stack.destroy();
  });
});
