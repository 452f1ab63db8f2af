import { strict as assert } from "node:assert";
import * as ica from "../../../sdk/index";
import { listen, WorkspaceBench } from "../workspaces/workspaces";

/** Columns of a message that a terminal of 80 or so leaves beside the type and the name of a resource. */
const shown = 40;

describe("the row of a workspace, on the engine", function () {
  this.timeout(120_000);
  let workspaces: WorkspaceBench;

  before(async () => {
    workspaces = await WorkspaceBench.start();
  });

  after(async () => {
    await workspaces?.close();
  });

  it("shows in its first columns what happens, however long the name is", async () => {
    const name = `bench-${"quickstart-".repeat(12)}bad`;
    let desiredState: "running" | "stopped" = "running";
    let network: "public" | "restricted" = "public";
    const stack = await workspaces.stack("rows", async () => {
      new ica.Workspace(name, {
        image: workspaces.images.first,
        resourceModel: "standard-small",
        storageGb: 20,
        access: { web: true },
        name,
        network,
        desiredState,
        allowRestart: true,
      });
    });
    const rows: string[] = [];
    const watched = async (run: (onEvent: ReturnType<typeof listen>["onEvent"]) => Promise<unknown>) => {
      const { told, onEvent } = listen();
      await run(onEvent);
      rows.push(...told(name).messages.map((message) => message.replace(/<\{%[^%]*%\}>/g, "").trim()));
    };
    await watched((onEvent) => stack.up({ color: "never", onEvent }));
    network = "restricted";
    await watched((onEvent) => stack.up({ color: "never", onEvent }));
    desiredState = "stopped";
    await watched((onEvent) => stack.up({ color: "never", onEvent }));
    await watched((onEvent) => stack.destroy({ color: "never", onEvent }));
    for (const row of rows) assert.ok(!row.slice(0, shown).includes("bench-"), `no name in the first columns: ${row}`);
    const all = rows.map((row) => row.slice(0, shown)).join("\n");
    for (const phase of [
      /^created, with id /m,
      /^starting the workspace/m,
      /^stopping the workspace/m,
      /^waiting for ICA: \w+, \d+s$/m,
      /^the workspace is restarted/m,
      /^changed network/m,
      /^deleted/m,
    ])
      assert.match(all, phase);
  });
});
