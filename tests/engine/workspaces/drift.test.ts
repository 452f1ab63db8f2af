import { strict as assert } from "node:assert";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../../sdk/index";
import { describeBoth } from "../adapters";
import { type Live, listen, plainSettings, WorkspaceBench } from "./workspaces";

describeBoth("drift of a workspace", function (adapter) {
  this.timeout(120_000);
  let workspaces: WorkspaceBench;
  let stack: Stack;

  /** What is declared: one whose run state is managed, one that is left to people. */
  const declared = (): Record<string, ica.WorkspaceArgs> => ({
    managed: { ...plain("managed"), desiredState: "running" },
    people: plain("people"),
  });
  const plain = (name: string): ica.WorkspaceArgs => ({
    name,
    image: workspaces.images.first,
    resourceModel: "standard-small",
    storageGb: 20,
    access: { web: true },
    network: "restricted",
    allowedUrls: ["https://b.org/", "https://A.org"],
  });

  before(async () => {
    workspaces = await WorkspaceBench.start(adapter);
    stack = await workspaces.stack("drift", async (served) => {
      for (const [name, args] of Object.entries(declared())) new ica.Workspace(name, args, served);
    });
    await stack.up();
  });

  after(async () => {
    await workspaces?.close();
  });

  /** What `pulumi preview --refresh --diff` shows: by resource, the operation and the fields. */
  async function drift(): Promise<{ changes: Record<string, string>; text: string }> {
    workspaces.takeWrites();
    const { told, onEvent } = listen();
    const { stdout } = await stack.preview({ refresh: true, diff: true, color: "never", onEvent });
    assert.deepEqual(workspaces.takeWrites(), [], "a preview writes nothing");
    const changes = Object.keys(declared()).flatMap((name) => {
      const { ops, diffs } = told(name);
      const op = ops.find((one) => one !== "same" && one !== "refresh");
      return op === undefined ? [] : [[name, `${op} ${diffs.sort().join(" ")}`.trim()] as const];
    });
    return { changes: Object.fromEntries(changes), text: stdout };
  }

  const repair = async () => {
    workspaces.takeWrites();
    await stack.up({ refresh: true });
    return workspaces.takeVerbs();
  };
  const live = (name: string): Promise<Live> => workspaces.named(name);

  it("does not appear right after an up: neither addresses nor defaults nor the way ICA writes URLs count", async () => {
    const { users, ephemeralStorage } = await live("managed");
    assert.deepEqual([users, ephemeralStorage], ["SINGLE", false], "ICA fills these in by itself");
    assert.deepEqual((await drift()).changes, {});
  });

  it("shows exactly the fields that were changed by hand, with both values, and up restores them", async () => {
    const { id } = await live("people");
    await workspaces.change(id, {
      resourceModel: "standard-large",
      network: { mode: "RESTRICTED", allowedUrls: ["https://b.org", "https://elsewhere.org", "https://a.org/"] },
      users: "MULTI",
    });
    const { changes, text } = await drift();
    assert.deepEqual(changes, { people: "update allowedUrls resourceModel" }, text);
    assert.match(text, /resourceModel: "standard-large" => "standard-small"/, text);
    assert.match(text, /- .*"https:\/\/elsewhere.org"/, text);
    assert.deepEqual(await repair(), ["PUT"]);
    const now = await live("people");
    assert.equal(now.resourceModel, "standard-small");
    assert.equal(now.users, "MULTI", "a field that is not declared is kept");
    assert.deepEqual((await drift()).changes, {});
  });

  it("shows a cluster that was made by hand, and removes it", async () => {
    const cluster = { scaling: "STATIC", members: 4, managerWebAccess: true, dedicatedManager: false };
    await workspaces.change((await live("people")).id, { cluster });
    assert.deepEqual((await drift()).changes, { people: "update cluster" });
    assert.deepEqual(await repair(), ["PUT"]);
    assert.equal((await live("people")).cluster, undefined);
  });

  it("is a stop by hand only when the run state is managed", async () => {
    await workspaces.press((await live("managed")).id, "stop");
    const { changes, text } = await drift();
    assert.deepEqual(changes, { managed: "update desiredState" }, text);
    assert.match(text, /desiredState: "stopped" => "running"/, text);
    assert.deepEqual(await repair(), [":start"]);
    const { id } = await live("people");
    for (const verb of ["start", "stop", "start"] as const) {
      await workspaces.press(id, verb);
      assert.deepEqual((await drift()).changes, {}, `${verb} by hand of one that is left to people`);
    }
    await workspaces.press(id, "stop");
  });

  it("is refused in preview when restoring it would disconnect a user", async () => {
    const { id } = await live("people");
    await workspaces.change(id, { resourceModel: "standard-large" });
    await workspaces.press(id, "start");
    await assert.rejects(stack.preview({ refresh: true, color: "never" }), /resourceModel.*allowRestart: true/);
    await workspaces.press(id, "stop");
    assert.deepEqual(await repair(), ["PUT"]);
  });

  it("is refused when the disk was grown by hand: a disk cannot shrink, and /data is not discarded", async () => {
    const { id } = await live("people");
    await workspaces.change(id, { storageSizeInGb: 40 });
    await assert.rejects(stack.preview({ refresh: true, color: "never" }), /storageGb.*cannot shrink.*allowDataLoss/);
    await workspaces.press(id, "delete");
    assert.deepEqual((await drift()).changes, { people: "create" });
    assert.deepEqual(await repair(), ["POST", "POST"], "ICA answers the first key with the workspace that is gone");
    assert.equal((await live("people")).storageSizeInGb, 20);
  });

  it("is one that was renamed by hand: the same workspace, named back in place", async () => {
    const { id } = await live("managed");
    await workspaces.change(id, { name: "renamed by hand" });
    const { changes, text } = await drift();
    assert.deepEqual(changes, { managed: "update name" }, text);
    assert.match(text, /name: "renamed by hand" => "managed"/, text);
    assert.deepEqual(await repair(), ["PUT"]);
    assert.equal((await live("managed")).id, id);
  });

  it("is one that was deleted by hand: it is created again", async () => {
    const { id } = await live("managed");
    await workspaces.press(id, "stop");
    await workspaces.press(id, "delete");
    assert.deepEqual((await drift()).changes, { managed: "create" });
    assert.deepEqual(await repair(), ["POST", "POST", ":start"]);
    assert.notEqual((await live("managed")).id, id);
  });

  it("is one that was created again by hand under the same name and settings: refused, until existingId names it", async () => {
    await workspaces.press((await live("people")).id, "delete");
    const network = { mode: "RESTRICTED", allowedUrls: ["https://a.org", "https://b.org"] };
    const { id } = await workspaces.make({ name: "people", network });
    assert.deepEqual((await drift()).changes, { people: "create" });
    await assert.rejects(
      stack.up({ refresh: true, color: "never" }),
      new RegExp(`existingId: "${id}" to take it over`),
    );
    assert.equal((await live("people")).id, id);
  });

  it("and refused with other settings: neither is it overwritten, nor is a second one made", async () => {
    await workspaces.press((await live("people")).id, "delete");
    const { id } = await workspaces.make({ ...plainSettings(workspaces.images.second), name: "people" });
    await assert.rejects(stack.up({ refresh: true, color: "never" }), (error: Error) => {
      assert.match(error.message, new RegExp(`other settings \\(id ${id}\\)[\\s\\S]*existingId: "${id}"`));
      return true;
    });
    assert.equal((await live("people")).imageId, workspaces.images.second);
    assert.equal((await workspaces.list()).length, 2);
  });
});
