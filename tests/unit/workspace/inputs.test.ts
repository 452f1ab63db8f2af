import assert from "node:assert/strict";
import { unknownValue } from "../../../provider/inputs/unknown";
import { checkWorkspace } from "../../../provider/workspace/inputs";
import { configFor, projectId } from "../../support/context";

const config = configFor("http://127.0.0.1:1");
const good = {
  name: "genomics",
  image: "image-1",
  resourceModel: "standard-small",
  storageGb: 64,
  access: { web: true },
  network: "restricted",
  allowedUrls: ["https://cran.r-project.org"],
};
const failures = (changes: Record<string, unknown>) => checkWorkspace(config, { ...good, ...changes }).failures;
const only = (property: string, reason: RegExp, changes: Record<string, unknown>) => {
  const found = failures(changes);
  assert.deepEqual(
    found.map((failure) => failure.property),
    [property],
  );
  assert.match(found[0]?.reason ?? "", reason);
};

describe("the inputs of a workspace", () => {
  it("are completed with defaults and the stack's project", () => {
    assert.deepEqual(checkWorkspace(config, good), {
      inputs: {
        ...good,
        access: { web: true, console: false },
        allowRestart: false,
        allowDataLoss: false,
        projectId,
      },
      failures: [],
    });
  });

  it("name their own project before the stack's", () => {
    assert.equal(checkWorkspace(config, { ...good, projectId: "other" }).inputs.projectId, "other");
  });

  it("need a project from somewhere", () => {
    const { failures } = checkWorkspace(configFor("http://127.0.0.1:1", { projectId: undefined }), good);
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["projectId"],
    );
    assert.match(failures[0]?.reason ?? "", /pulumi config set ica:projectId/);
  });

  it("report everything that is missing at once", () => {
    assert.deepEqual(
      checkWorkspace(config, {}).failures.map(({ property, reason }) => `${property} ${reason}`),
      ["name", "image", "resourceModel", "storageGb", "access", "network"].map((field) => `${field} is required`),
    );
  });

  it("keep the disk between 10 GB and 64 TB, in whole GB", () => {
    for (const storageGb of [10, 65_536]) assert.deepEqual(failures({ storageGb }), []);
    only("storageGb", /at least 10/, { storageGb: 9 });
    only("storageGb", /at most 65536/, { storageGb: 65_537 });
    only("storageGb", /whole number/, { storageGb: 10.5 });
    only("storageGb", /whole number/, { storageGb: "64" });
  });

  it("allow at least one access", () => {
    only("access", /cannot be entered/, { access: { web: false, console: false } });
    only("access", /cannot be entered/, { access: {} });
  });

  it("list URLs only for a restricted network", () => {
    only("allowedUrls", /only for network: "restricted"/, { network: "public" });
    assert.deepEqual(failures({ network: "public", allowedUrls: [] }), []);
    assert.deepEqual(failures({ allowedUrls: undefined }), []);
  });

  it("name the URL that is wrong", () => {
    only("allowedUrls[1]", /another scheme than http/, { allowedUrls: ["https://ok.org", "ftp://nowhere.org"] });
  });

  it("say what is wrong with values of another type, without stumbling over them", () => {
    only("allowedUrls[0]", /must be a string/, { allowedUrls: [5] });
    only("allowedUrls", /must be a list/, { allowedUrls: "https://cran.r-project.org" });
    only("access", /must be an object/, { access: true });
    only("access", /is required/, { access: null });
    only("desiredState", /"running" or "stopped", or left out/, { desiredState: "paused" });
  });

  it("take a cluster of a fixed number of members, or of one that follows the load, and fill in the rest", () => {
    const cluster = (declared: Record<string, unknown>) =>
      checkWorkspace(config, { ...good, cluster: declared }).inputs.cluster;
    assert.deepEqual(cluster({ members: 0 }), { members: 0, managerWeb: false, dedicatedManager: false });
    assert.deepEqual(cluster({ maxMembers: 50, managerWeb: true, dedicatedManager: true, managerImage: "i" }), {
      maxMembers: 50,
      managerWeb: true,
      dedicatedManager: true,
      managerImage: "i",
    });
  });

  it("refuse a cluster that cannot be, at its field", () => {
    only("cluster", /needs members .* or maxMembers/, { cluster: {} });
    only("cluster", /not both/, { cluster: { members: 1, maxMembers: 2 } });
    only("cluster.members", /at most 50/, { cluster: { members: 51 } });
    only("cluster.members", /at least 0/, { cluster: { members: -1 } });
    only("cluster.maxMembers", /whole number/, { cluster: { maxMembers: 1.5 } });
    only("cluster.size", /misspelt/, { cluster: { members: 1, size: 2 } });
    only("cluster", /must be an object/, { cluster: 4 });
    assert.deepEqual(failures({ cluster: { members: unknownValue, managerImage: unknownValue } }), []);
  });

  it("say who works in it and whether storage is ephemeral only when that is declared", () => {
    only("users", /"single" or "multi", or left out/, { users: "many" });
    only("ephemeralStorage", /true or false/, { ephemeralStorage: "yes" });
    const { inputs } = checkWorkspace(config, good);
    assert.ok(!("users" in inputs) && !("ephemeralStorage" in inputs) && !("cluster" in inputs));
  });

  it("write URLs in one way, so that order, repetition and a trailing slash are no change", () => {
    const urls = (allowedUrls: string[]) => checkWorkspace(config, { ...good, allowedUrls }).inputs.allowedUrls;
    assert.deepEqual(urls(["https://B.org/", "*.a.org", "https://b.org"]), ["*.a.org", "https://b.org"]);
  });

  const optional = ["desiredState", "allowRestart", "projectId", "existingId", "timeouts"];
  for (const field of [...Object.keys(good), ...optional, "cluster", "ephemeralStorage", "users"]) {
    it(`are right with a ${field} that is not known yet`, () => {
      const { inputs, failures } = checkWorkspace(config, { ...good, [field]: unknownValue });
      assert.deepEqual(failures, []);
      assert.equal(Reflect.get(inputs, field), unknownValue);
    });
  }

  it("are right with one URL that is not known yet, and keep the order then", () => {
    const allowedUrls = ["https://z.org", unknownValue, "https://a.org"];
    const { inputs, failures } = checkWorkspace(config, { ...good, allowedUrls });
    assert.deepEqual(failures, []);
    assert.deepEqual(inputs.allowedUrls, allowedUrls);
  });

  it("are right with half an access that is not known yet", () => {
    assert.deepEqual(failures({ access: { web: false, console: unknownValue } }), []);
  });
});
