import { strict as assert } from "node:assert";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../../sdk/index";
import { WorkspaceBench } from "../workspaces/workspaces";
import { type PolicyRun, short, withPolicies } from "./policy-run";

/** examples/policy on the engine, as `--policy-pack` runs it, without Pulumi's cloud. */
describe("the policy pack of examples/policy", function () {
  this.timeout(240_000);
  let workspaces: WorkspaceBench;
  let stack: Stack;
  let context: string;
  let declare: () => void;

  before(async () => {
    workspaces = await WorkspaceBench.start();
    context = await workspaces.bench.imageContext("image");
    stack = await workspaces.stack("policies", async () => declare());
    await stack.setConfig("mirror", { value: "https://token-of-the-mirror.example.org", secret: true });
  });
  after(() => workspaces?.close());

  const run = (command: "preview" | "up", content?: Readonly<Record<string, unknown>>, refresh = false) =>
    withPolicies(
      stack,
      command,
      content === undefined ? undefined : { file: path.join(workspaces.bench.dir, "policy-config.json"), content },
      refresh,
    );
  const workspace = (name: string, more: Partial<ica.WorkspaceArgs> = {}, opts: pulumi.CustomResourceOptions = {}) =>
    new ica.Workspace(
      name,
      {
        image: workspaces.images.first,
        resourceModel: "standard-small",
        storageGb: 20,
        access: { web: true },
        network: "restricted",
        ...more,
      },
      { protect: true, ...opts },
    );
  const clean = () => {
    workspace("clean", { allowedUrls: ["https://cran.r-project.org/web"] });
  };
  /** Each workspace violates one policy, and the image violates two. */
  const careless = () => {
    workspace("open", { network: "public" });
    workspace("elsewhere", { allowedUrls: ["https://cran.r-project.org", "https://elsewhere.example.org"] });
    workspace("large", { storageGb: 4096 });
    workspace("fast", { resourceModel: "gpu-small" });
    workspace("unprotected", {}, { protect: false });
    workspace("shouting", { name: "SHOUTING" });
    new ica.BenchImage("Page", { build: { context }, access: { web: true } });
  };
  const all = [
    "advisory names Page",
    "advisory names shouting",
    "advisory verified-images Page",
    "mandatory allowed-urls elsewhere",
    "mandatory protected-data unprotected",
    "mandatory public-network open",
    "mandatory resource-models fast",
    "mandatory storage-limit large",
  ];
  const found = ({ violations }: PolicyRun) => violations.map(short).sort();
  const messageOf = ({ violations }: PolicyRun, policy: string) =>
    violations.find((one) => one.policy === policy)?.message ?? "";

  it("reports each violation once, at the level of its policy, with what to do", async () => {
    declare = careless;
    const preview = await run("preview");
    assert.deepEqual(found(preview), all);
    assert.match(preview.failure ?? "", /mandatory/, "a mandatory violation fails the preview");
    for (const [policy, message] of [
      ["public-network", /^A workspace has no public network\.\nnetwork is "public"\. Declare network: "restricted"/],
      ["allowed-urls", /allowedUrls has https:\/\/elsewhere\.example\.org\. The list has: https:\/\/cran\./],
      ["storage-limit", /storageGb is 4096\. Declare at most 512/],
      ["resource-models", /resourceModel is "gpu-small"\. Declare one of: standard-small, /],
      ["protected-data", /Add \{ protect: true \}/],
      ["verified-images", /verify is "inspect"\. Declare verify: "run"/],
    ] as const)
      assert.match(messageOf(preview, policy), message);
  });

  it("stops an up at a mandatory violation, before anything is made", async () => {
    declare = () => workspace("open", { network: "public" });
    workspaces.takeWrites();
    const up = await run("up");
    assert.deepEqual(found(up), ["mandatory public-network open"]);
    assert.notEqual(up.failure, undefined);
    assert.deepEqual(workspaces.takeVerbs(), [], "nothing was written to ICA");
  });

  it("takes levels, lists and limits from the configuration", async () => {
    declare = careless;
    const { violations, failure } = await run("preview", {
      all: "advisory",
      "public-network": "disabled",
      "allowed-urls": { allowed: ["*.r-project.org", "*.example.org"] },
      "storage-limit": { maxStorageGb: 4096 },
      "resource-models": { allowed: ["gpu-small", "standard-small"] },
      "verified-images": "disabled",
      names: { pattern: "[A-Z]+|engine-test-.*", enforcementLevel: "advisory" },
    });
    assert.deepEqual(violations.map(short).sort(), ["advisory names Page", "advisory protected-data unprotected"]);
    assert.equal(failure, undefined, "advisory violations fail nothing");
  });

  it("excuses what has an exception, by its kind and name or its URN, until the exception ends", async () => {
    declare = careless;
    const excuse = (resource: string, until?: string) => ({
      exceptions: [{ resource, reason: "a test", ...(until === undefined ? {} : { until }) }],
    });
    const urn = `urn:pulumi:policies::engine-test::${ica.Workspace.__pulumiType}::fast`;
    const preview = await run("preview", {
      "public-network": excuse("Workspace open", "9999-12-31"),
      "allowed-urls": excuse("Workspace elsewhere"),
      "storage-limit": excuse("Workspace large", "2020-02-29"),
      "resource-models": excuse(urn),
      "protected-data": excuse("Workspace unprotected"),
      "verified-images": excuse("BenchImage Page"),
      names: { exceptions: [...excuse("BenchImage Page").exceptions, ...excuse("Workspace shouting").exceptions] },
    });
    assert.deepEqual(found(preview), ["mandatory storage-limit large"]);
    assert.match(messageOf(preview, "storage-limit"), /Its exception ended on 2020-02-29\.$/);
  });

  it("refuses a configuration that its schema does not allow", async () => {
    declare = clean;
    const { failure } = await run("preview", {
      "storage-limit": { maxStorageGb: "a lot" },
      "public-network": { exceptions: [{ resource: "Workspace open" }] },
    });
    assert.match(failure ?? "", /maxStorageGb/);
    assert.match(failure ?? "", /reason/);
  });

  it("shows no secret of the configuration", async () => {
    declare = () => {
      workspace("mirrored", { allowedUrls: [new pulumi.Config().requireSecret("mirror")] });
    };
    const preview = await run("preview");
    assert.deepEqual(found(preview), ["mandatory allowed-urls mirrored"]);
    assert.doesNotMatch(messageOf(preview, "allowed-urls") + preview.failure, /token-of-the-mirror/);
  });

  it("does not pass what a preview cannot know yet", async () => {
    declare = () => {
      const image = new ica.BenchImage("page", { build: { context }, access: { web: true }, verify: "run" });
      workspace("later", { image: image.imageId, resourceModel: image.imageId.apply(() => "gpu-small") });
    };
    const preview = await run("preview");
    assert.deepEqual(found(preview), ["advisory resource-models later"]);
    assert.match(messageOf(preview, "resource-models"), /can't run policy 'resource-models'.*during preview/);
  });

  it("lets a clean stack pass, and names a workspace that runs without a declaration", async () => {
    declare = clean;
    assert.deepEqual(await run("up"), { violations: [], failure: undefined });
    const [one] = await workspaces.list();
    await workspaces.press(one?.id ?? "", "start");
    const preview = await run("preview", undefined, true);
    assert.deepEqual(found(preview), ["advisory undeclared-running clean"]);
    assert.match(messageOf(preview, "undeclared-running"), /status is Running.*Declare desiredState/s);
    assert.deepEqual(
      (
        await run(
          "preview",
          { "undeclared-running": { exceptions: [{ resource: "Workspace clean", reason: "a test" }] } },
          true,
        )
      ).violations,
      [],
    );
    declare = () => {
      workspace("clean", { desiredState: "running", allowedUrls: ["https://cran.r-project.org/web"] });
    };
    assert.deepEqual(await run("preview", undefined, true), { violations: [], failure: undefined });
  });
});
