import assert from "node:assert/strict";
import { z } from "zod";
import type { BenchSettings } from "../../../emulator/config";
import { type Emulator, startEmulator } from "../../../emulator/server";
import { type Answer, Calls, expect, settings, temporaryFolder } from "./support";

/** Detail and named attributes of a problem. */
function problem(answer: Answer): { detail: string; parameters: Record<string, string> } {
  assert.match(answer.type ?? "", /^application\/problem\+json/);
  return z.object({ detail: z.string(), parameters: z.record(z.string(), z.string()) }).parse(answer.body);
}

/** Another emulator, whose new images offer this. */
async function emulatorWith(benchSettings: BenchSettings) {
  const folder = await temporaryFolder();
  const emulator = await startEmulator({ port: 0, dir: folder.dir, benchSettings });
  assert.ok(emulator.apiKey !== undefined);
  return {
    calls: new Calls(emulator.url, emulator.apiKey, emulator.projectId),
    async close() {
      await emulator.close();
      await folder.remove();
    },
  };
}

describe("the calls for workspaces", () => {
  let emulator: Emulator;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let calls: Calls;
  let imageId: string;

  before(async () => {
    folder = await temporaryFolder();
    emulator = await startEmulator({ port: 0, dir: folder.dir });
    assert.ok(emulator.apiKey !== undefined);
    calls = new Calls(emulator.url, emulator.apiKey, emulator.projectId);
    imageId = await calls.image("never-run", "bench");
  });

  after(async () => {
    await emulator.close();
    await folder.remove();
  });

  const refused = async (status: number, change: Record<string, unknown>) => {
    const answer = await calls.on("POST", "", settings(imageId, { name: "refused", ...change }));
    assert.equal(answer.status, status);
    return problem(answer);
  };

  it("create a stopped workspace, with an ETag and no address", async () => {
    const answer = await calls.on("POST", "", settings(imageId, { name: "fresh" }));
    const body = z.record(z.string(), z.unknown()).parse(expect(201, answer));
    const { id, timeCreated, timeModified, ...rest } = body;
    assert.deepEqual(rest, {
      ...settings(imageId, { name: "fresh" }),
      ...{ ephemeralStorage: false, users: "SINGLE" },
      ...{ projectId: calls.projectId, status: "Stopped" },
    });
    assert.equal(timeCreated, timeModified);
    assert.match(answer.etag ?? "", /^"\w+"$/);
    const read = await calls.on("GET", `/${String(id)}`);
    assert.deepEqual([read.body, read.etag], [answer.body, answer.etag]);
  });

  it("refuse a name that is in use, for create and for update", async () => {
    await calls.create(settings(imageId, { name: "taken" }));
    assert.match((await refused(409, { name: "taken" })).detail, /already a workspace named taken/);
    const { id } = await calls.create(settings(imageId, { name: "other" }));
    assert.equal((await calls.on("PUT", `/${id}`, settings(imageId, { name: "taken" }))).status, 409);
  });

  it("create only one of two workspaces that are requested at once under one name", async () => {
    const body = settings(imageId, { name: "raced" });
    const answers = await Promise.all([calls.on("POST", "", body), calls.on("POST", "", body)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409]);
  });

  it("replay a create under its Idempotency-Key", async () => {
    const key = { "Idempotency-Key": "create-once" };
    const first = await calls.on("POST", "", settings(imageId, { name: "once" }), key);
    const again = await calls.on("POST", "", settings(imageId, { name: "once" }), key);
    assert.deepEqual(again, first);
    assert.equal((await calls.on("POST", "", settings(imageId, { name: "twice" }), key)).status, 422);
  });

  it("keep a cluster, ephemeral storage and users, and give them back", async () => {
    const change = {
      cluster: { scaling: "DYNAMIC", members: 50, managerWebAccess: true, dedicatedManager: true },
      ephemeralStorage: true,
      users: "MULTI",
    };
    const forClusters = await emulatorWith({ clusterCompatible: true, access: { web: true, console: true } });
    const body = settings(await forClusters.calls.image("never-run", "bench"), { name: "cluster", ...change });
    const made = z.looseObject({ id: z.string() }).parse(expect(201, await forClusters.calls.on("POST", "", body)));
    const { cluster, ephemeralStorage, users } = made;
    assert.deepEqual({ cluster, ephemeralStorage, users }, change);
    assert.deepEqual((await forClusters.calls.on("GET", `/${made.id}`)).body, made);
    const without = { ...body, cluster: undefined };
    assert.equal(
      "cluster" in z.looseObject({}).parse((await forClusters.calls.on("PUT", `/${made.id}`, without)).body),
      false,
    );
    await forClusters.close();
  });

  it("refuse a cluster that cannot be", async () => {
    const cluster = { scaling: "STATIC", members: 2, managerWebAccess: false, dedicatedManager: false };
    assert.match((await refused(400, { cluster })).parameters.cluster ?? "", /bench is not cluster compatible/);
    await refused(400, { cluster: { ...cluster, members: 51 } });
    await refused(400, { cluster: { ...cluster, scaling: "ELASTIC" } });
    await refused(400, { users: "MANY" });
  });

  describe("refuse an image", () => {
    it("that is not there", async () => {
      assert.match((await refused(400, { imageId: "none" })).parameters.imageId ?? "", /no Docker image none/);
    });

    it("that is for tools", async () => {
      const tool = await calls.image("tool", "tool", "TOOL");
      assert.match((await refused(400, { imageId: tool })).parameters.imageId ?? "", /needs a BENCH image/);
    });
  });

  it("refuse allowed addresses in a public network, and invalid addresses in a restricted one", async () => {
    const isPublic = await refused(400, { network: { mode: "PUBLIC", allowedUrls: ["https://a.org"] } });
    assert.deepEqual(Object.keys(isPublic.parameters), ["network.allowedUrls"]);
    const restricted = await refused(400, {
      network: { mode: "RESTRICTED", allowedUrls: ["https://a.org", "ftp://b.org"] },
    });
    assert.deepEqual(Object.keys(restricted.parameters), ["network.allowedUrls[1]"]);
  });

  it("name all faults at once", async () => {
    const { parameters } = await refused(400, { imageId: "none", network: { mode: "PUBLIC", allowedUrls: ["a.org"] } });
    assert.deepEqual(Object.keys(parameters).sort(), ["imageId", "network.allowedUrls"]);
  });

  it("refuse a disk that is too small, and fields that are not documented", async () => {
    await refused(400, { storageSizeInGb: 9 });
    await refused(400, { cluster: {} });
  });

  it("answer 404 for another project and for an unknown workspace", async () => {
    assert.equal((await calls.call("GET", "/projects/other/workspaces")).status, 404);
    for (const [method, below] of [
      ["GET", "/none"],
      ["POST", "/none:start"],
      ["POST", "/none:stop"],
      ["POST", "/none:delete"],
    ]) {
      assert.equal((await calls.on(String(method), String(below))).status, 404, `${method} ${below}`);
    }
  });

  it("list in order of creation, page by page, and by name", async () => {
    const names = ["first", "second", "third"];
    for (const name of names) {
      await calls.create(settings(imageId, { name }));
    }
    const all = await calls.list();
    assert.deepEqual(
      all.items.slice(-3).map(({ name }) => name),
      names,
    );
    assert.equal(all.totalItemCount, all.items.length);
    const second = await calls.list(`?pageOffset=${all.totalItemCount - 2}&pageSize=1`);
    assert.deepEqual(
      second.items.map(({ name }) => name),
      ["second"],
    );
    assert.equal(second.totalItemCount, all.totalItemCount);
    assert.deepEqual(
      (await calls.list("?name=third")).items.map(({ name }) => name),
      ["third"],
    );
    assert.deepEqual(await calls.list("?name=thir"), { items: [], totalItemCount: 0 });
  });

  it("update a stopped workspace, and change the ETag with the settings only", async () => {
    const { id } = await calls.create(settings(imageId, { name: "edited" }));
    const { etag } = await calls.on("GET", `/${id}`);
    const change = settings(imageId, {
      name: "edited",
      access: { web: true, console: false },
      resourceModel: "gpu-small",
    });
    const updated = await calls.on("PUT", `/${id}`, change, { "If-Match": String(etag) });
    expect(200, updated);
    assert.notEqual(updated.etag, etag);
    assert.equal((await calls.on("GET", `/${id}`)).etag, updated.etag);
    const stale = await calls.on("PUT", `/${id}`, settings(imageId, { name: "edited" }), { "If-Match": String(etag) });
    assert.equal(stale.status, 409);
    assert.match(problem(stale).detail, /has changed since it was read/);
  });

  it("let a disk grow and never shrink", async () => {
    const { id } = await calls.create(settings(imageId, { name: "disk" }));
    const grown = await calls.on("PUT", `/${id}`, settings(imageId, { name: "disk", storageSizeInGb: 128 }));
    expect(200, grown);
    const shrunk = await calls.on("PUT", `/${id}`, settings(imageId, { name: "disk", storageSizeInGb: 127 }));
    assert.equal(shrunk.status, 400);
    assert.match(problem(shrunk).parameters.storageSizeInGb ?? "", /cannot shrink from 128 GB/);
  });

  it("refuse to stop what is stopped", async () => {
    const { id } = await calls.create(settings(imageId, { name: "idle" }));
    const answer = await calls.on("POST", `/${id}:stop`);
    assert.equal(answer.status, 409);
    assert.match(problem(answer).detail, /idle is Stopped; to stop it, it must be Running or Starting or Failed/);
  });

  it("know no caller without a key", async () => {
    const stranger = new Calls(emulator.url, "wrong", calls.projectId);
    assert.equal((await stranger.on("GET", "")).status, 401);
  });

  it("lead to no web server for a workspace that is not there or does not run", async () => {
    const missing = await fetch(`${emulator.url}/bench-n-12345678-i12345678/`);
    assert.equal(missing.status, 404);
    assert.match(await missing.text(), /Server Connection Error/);
    const twisted = await fetch(`${emulator.url}/bench-n-12345678-i87654321/`);
    assert.doesNotMatch(await twisted.text(), /Server Connection Error/);
  });
});
