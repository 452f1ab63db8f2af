import assert from "node:assert/strict";
import { ProblemError } from "../../../emulator/http/problem";
import type { ImageRecord } from "../../../emulator/images/images";
import type { Identity } from "../../../emulator/state/identity";
import { checkNew, checkUpdate, type Surroundings } from "../../../emulator/workspaces/check";
import type { WorkspaceRecord, WorkspaceSettings, WorkspaceStatus } from "../../../emulator/workspaces/record";

const REGION = "11111111-1111-4111-8111-111111111111";
const region = { id: REGION, code: "use1", city: "", countryCode: "US", country: "", area: "" };
const identity: Identity = {
  instance: "00000000",
  timeCreated: "2026-01-01T00:00:00.000Z",
  tenant: { id: REGION, name: "tenant" },
  user: { id: REGION },
  project: { id: REGION, name: "project" },
  countryIds: {},
  regions: [region],
};

const image = (change: Partial<ImageRecord> = {}): ImageRecord => ({
  id: REGION,
  timeCreated: identity.timeCreated,
  timeModified: identity.timeCreated,
  name: "rstudio",
  version: "1",
  type: "BENCH",
  status: "AVAILABLE",
  source: { kind: "internal", dataId: "fil.1", regionIds: [REGION] },
  benchSettings: { clusterCompatible: false, access: { web: true, console: false } },
  ...change,
});

const around = (found: ImageRecord | undefined): Surroundings => ({
  identity,
  images: {
    get: () => found,
    isInRegion: (_id, wanted) => found?.source.kind === "internal" && found.source.regionIds.includes(wanted),
  },
});

const wanted = (change: Partial<WorkspaceSettings> = {}): WorkspaceSettings => ({
  name: "genomics",
  imageId: "image",
  resourceModel: "standard-small",
  storageSizeInGb: 64,
  access: { web: true, console: false },
  network: { mode: "PUBLIC", allowedUrls: [] },
  ephemeralStorage: false,
  users: "SINGLE",
  ...change,
});

const cluster = (change: Partial<NonNullable<WorkspaceSettings["cluster"]>> = {}) => ({
  scaling: "STATIC" as const,
  members: 2,
  managerWebAccess: false,
  dedicatedManager: false,
  ...change,
});

const record = (status: WorkspaceStatus): WorkspaceRecord => ({
  id: REGION,
  timeCreated: identity.timeCreated,
  timeModified: identity.timeCreated,
  projectId: REGION,
  number: "12345678",
  settings: wanted(),
  status,
});

function refusal(check: () => void): ProblemError {
  try {
    check();
  } catch (error) {
    assert.ok(error instanceof ProblemError);
    return error;
  }
  throw new Error("it was not refused");
}

describe("the check of a workspace's settings", () => {
  it("takes what the image offers", () => {
    checkNew(wanted(), around(image()));
  });

  it("refuses access that the image does not offer", () => {
    const { status, parameters } = refusal(() =>
      checkNew(wanted({ access: { web: true, console: true } }), around(image())),
    );
    assert.equal(status, 400);
    assert.deepEqual(parameters, { "access.console": "rstudio does not offer console access" });
  });

  it("refuses an image that is not AVAILABLE", () => {
    for (const status of ["PARTIAL", "BUILDFAILED"] as const) {
      const { parameters } = refusal(() => checkNew(wanted(), around(image({ status }))));
      assert.match(parameters.imageId ?? "", new RegExp(`rstudio is ${status}`));
    }
  });

  it("refuses an image that is not in the region of the project", () => {
    const elsewhere = image({ source: { kind: "internal", dataId: "fil.1", regionIds: [] } });
    const { parameters } = refusal(() => checkNew(wanted(), around(elsewhere)));
    assert.match(parameters.imageId ?? "", /not in use1, the region of the project/);
  });

  it("lets a workspace be renamed whose image has gone, and not be given access", () => {
    checkUpdate(record("Running"), wanted({ name: "other" }), around(undefined));
    const access = { web: false, console: false };
    assert.equal(refusal(() => checkUpdate(record("Stopped"), wanted({ access }), around(undefined))).status, 400);
  });

  const forClusters = image({ benchSettings: { clusterCompatible: true, access: { web: true, console: false } } });

  it("takes a cluster only with an image that is cluster compatible, its manager's image too", () => {
    checkNew(wanted({ cluster: cluster() }), around(forClusters));
    const { parameters } = refusal(() => checkNew(wanted({ cluster: cluster() }), around(image())));
    assert.deepEqual(parameters, { cluster: "rstudio is not cluster compatible" });
    const other = { ...around(forClusters), images: { ...around(forClusters).images, get: find } };
    function find(id: string) {
      return id === "plain" ? image() : forClusters;
    }
    const withManager = refusal(() => checkNew(wanted({ cluster: cluster({ managerImageId: "plain" }) }), other));
    assert.deepEqual(Object.keys(withManager.parameters), ["cluster.managerImageId"]);
  });

  it("lets a cluster go only while it is stopped", () => {
    const withCluster = (status: WorkspaceStatus) => ({ ...record(status), settings: wanted({ cluster: cluster() }) });
    assert.equal(refusal(() => checkUpdate(withCluster("Running"), wanted(), around(forClusters))).status, 409);
    checkUpdate(withCluster("Stopped"), wanted(), around(forClusters));
  });

  const needStop: [string, Partial<WorkspaceSettings>][] = [
    ["imageId", { imageId: "another" }],
    ["resourceModel", { resourceModel: "standard-large" }],
    ["access", { access: { web: false, console: false } }],
    ["network", { network: { mode: "RESTRICTED", allowedUrls: [] } }],
    ["ephemeralStorage", { ephemeralStorage: true }],
    ["users", { users: "MULTI" }],
    ["cluster", { cluster: cluster() }],
  ];
  for (const [field, change] of needStop) {
    it(`lets ${field} change only while it is stopped or failed`, () => {
      for (const status of ["Starting", "Running", "Stopping"] as const) {
        const refused = refusal(() => checkUpdate(record(status), wanted(change), around(forClusters)));
        assert.equal(refused.status, 409);
        assert.ok(refused.detail.includes(`${field} can change only while it is stopped or failed`));
      }
      for (const status of ["Stopped", "Failed"] as const) {
        checkUpdate(record(status), wanted(change), around(forClusters));
      }
    });
  }
});
