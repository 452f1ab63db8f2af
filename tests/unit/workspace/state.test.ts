import assert from "node:assert/strict";
import fc from "fast-check";
import type { Workspace } from "../../../provider/ica/workspaces";
import { normaliseAllowedUrl } from "../../../provider/workspace/allowed-urls";
import type { WorkspaceInputs } from "../../../provider/workspace/inputs";
import { inputsOf } from "../../../provider/workspace/saved-state";
import { describe as describeAs, keeping, runStateOf, settingsOf, stateOf } from "../../../provider/workspace/state";
import { liveWorkspace, workspaceInputs } from "../../support/factories";

const urls = fc.uniqueArray(fc.webUrl().map(normaliseAllowedUrl), { maxLength: 4 }).map((list) => list.sort());

const clusters = fc
  .record({
    count: fc.integer({ min: 0, max: 50 }),
    dynamic: fc.boolean(),
    managerImage: fc.option(fc.uuid(), { nil: undefined }),
    managerWeb: fc.boolean(),
    dedicatedManager: fc.boolean(),
  })
  .map(({ count, dynamic, managerImage, ...rest }) => ({
    ...(dynamic ? { maxMembers: count } : { members: count }),
    ...(managerImage === undefined ? {} : { managerImage }),
    ...rest,
  }));

const declaredInputs: fc.Arbitrary<WorkspaceInputs> = fc
  .record({
    name: fc.string({ minLength: 1 }),
    image: fc.uuid(),
    resourceModel: fc.string({ minLength: 1 }),
    storageGb: fc.integer({ min: 10, max: 65_536 }),
    access: fc.record({ web: fc.boolean(), console: fc.boolean() }, { noNullPrototype: true }),
    restricted: fc.option(urls, { nil: undefined }),
    desiredState: fc.constantFrom("running" as const, "stopped" as const, undefined),
    cluster: fc.option(clusters, { nil: undefined }),
    users: fc.constantFrom("single" as const, "multi" as const, undefined),
    ephemeralStorage: fc.constantFrom(true, false, undefined),
  })
  .map(({ restricted, desiredState, cluster, users, ephemeralStorage, ...rest }) =>
    workspaceInputs({
      ...rest,
      ...(cluster === undefined ? {} : { cluster }),
      ...(users === undefined ? {} : { users }),
      ...(ephemeralStorage === undefined ? {} : { ephemeralStorage }),
      ...(restricted === undefined
        ? { network: "public" as const, allowedUrls: [] }
        : { network: "restricted" as const, allowedUrls: restricted }),
      ...(desiredState === undefined ? {} : { desiredState }),
    }),
  );

describe("the state of a workspace", () => {
  it("is described exactly as declared when ICA has what was sent", () => {
    fc.assert(
      fc.property(declaredInputs, (inputs) => {
        const status = inputs.desiredState === "running" ? "Running" : "Stopped";
        const live: Workspace = liveWorkspace({ ...settingsOf(inputs), status });
        assert.deepEqual(describeAs(live, inputs), inputs);
        assert.deepEqual(settingsOf(describeAs(live, inputs)), settingsOf(inputs));
      }),
    );
  });

  it("reports what ICA has, field by field, when that differs", () => {
    const live = liveWorkspace({
      status: "Stopped",
      name: "renamed",
      imageId: "image-2",
      resourceModel: "standard-large",
      storageSizeInGb: 100,
      access: { web: false, console: true },
      network: { mode: "PUBLIC", allowedUrls: [] },
    });
    assert.deepEqual(describeAs(live, workspaceInputs({ desiredState: "running", timeouts: { create: "5m" } })), {
      ...workspaceInputs(),
      name: "renamed",
      image: "image-2",
      resourceModel: "standard-large",
      storageGb: 100,
      access: { web: false, console: true },
      network: "public",
      allowedUrls: [],
      desiredState: "stopped",
      timeouts: { create: "5m" },
    });
  });

  it("omits the run state when it is not declared", () => {
    assert.equal("desiredState" in describeAs(liveWorkspace({ status: "Running" }), workspaceInputs()), false);
  });

  it("reports a cluster made by hand, because none was declared", () => {
    const cluster = {
      scaling: "DYNAMIC" as const,
      members: 3,
      managerImageId: null,
      managerWebAccess: true,
      dedicatedManager: false,
    };
    assert.deepEqual(describeAs(liveWorkspace({ cluster }), workspaceInputs()), {
      ...workspaceInputs(),
      cluster: { maxMembers: 3, managerWeb: true, dedicatedManager: false },
    });
    const declared = workspaceInputs({ cluster: { members: 2, managerWeb: false, dedicatedManager: false } });
    assert.equal("cluster" in describeAs(liveWorkspace({ cluster: null }), declared), false);
  });

  it("says nothing of what ICA filled in by itself, and keeps it in an update", () => {
    const live = liveWorkspace({ users: "MULTI", ephemeralStorage: true });
    assert.deepEqual(describeAs(live, workspaceInputs()), workspaceInputs());
    const sent = keeping(live, settingsOf(workspaceInputs()));
    assert.deepEqual([sent.users, sent.ephemeralStorage], ["MULTI", true]);
    const declared = keeping(live, settingsOf(workspaceInputs({ users: "single", ephemeralStorage: false })));
    assert.deepEqual([declared.users, declared.ephemeralStorage], ["SINGLE", false]);
  });

  it("takes what ICA does not report as declared", () => {
    const declared = workspaceInputs({ users: "multi", ephemeralStorage: true });
    assert.deepEqual(describeAs(liveWorkspace(), declared), declared);
  });

  it("takes no list of URLs and ICA's empty one as the same", () => {
    const { allowedUrls: _, ...inputs } = workspaceInputs();
    const live = liveWorkspace({ network: { mode: "RESTRICTED", allowedUrls: [] } });
    assert.deepEqual(describeAs(live, inputs), inputs);
  });

  it("does not see another order or a trailing slash of ICA's list", () => {
    const live = liveWorkspace({ network: { mode: "RESTRICTED", allowedUrls: ["https://b.org/", "https://A.org"] } });
    assert.deepEqual(describeAs(live, workspaceInputs()).allowedUrls, ["https://a.org", "https://b.org"]);
  });

  it("never sends URLs with a public network", () => {
    assert.deepEqual(settingsOf(workspaceInputs({ network: "public" })).network, { mode: "PUBLIC", allowedUrls: [] });
  });

  it("reads a status as the run state it is in or on its way to", () => {
    assert.deepEqual(["Running", "Starting", "Stopped", "Stopping", "Failed", "Deleting"].map(runStateOf), [
      ...["running", "running", "stopped", "stopped"],
      ...["failed", "deleting"],
    ]);
  });

  it("keeps ICA's reports apart from the inputs, and returns the inputs", () => {
    const state = stateOf(
      liveWorkspace({ status: "Running", webUrl: "http://web", consolePort: 2222 }),
      workspaceInputs(),
    );
    assert.equal(state.workspaceId, "ws-1");
    assert.equal(state.status, "Running");
    assert.equal(state.webUrl, "http://web");
    assert.equal(state.consolePort, 2222);
    assert.deepEqual(inputsOf(state), workspaceInputs());
  });
});
