import { strict as assert } from "node:assert";
import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../../sdk/index";
import { isWrite } from "../../support/servers/recording-proxy";
import { startTestBench, type TestBench } from "../bench";
import { pageAndWorkspace } from "../program/page-and-workspace";
import { pageAt } from "../program/page-at";

describe("the engine when something fails", function () {
  this.timeout(240_000);
  let bench: TestBench;
  let stack: Stack;
  let context: string;

  before(async () => {
    bench = await startTestBench();
    context = await bench.imageContext("image");
    stack = await bench.stack("repair", async () => {
      const { image, workspace } = pageAndWorkspace(context, { web: true, console: true });
      return { imageId: image.imageId, workspaceId: workspace.workspaceId, webUrl: workspace.webUrl };
    });
  });

  after(async () => {
    await bench?.close();
  });

  const images = async () =>
    ((await bench.byHand("GET", "/api/dockerImages")).body as { items: { id: string; status: string }[] }).items;
  const workspaces = async () =>
    (
      (await bench.byHand("GET", `/api/projects/${bench.projectId}/workspaces`)).body as {
        items: { id: string; status: string }[];
      }
    ).items;

  // The engine stops at the first resource that fails its check, so one program each.
  const wrong: Record<string, { declare: () => void; properties: string[]; words: string[] }> = {
    image: {
      declare: () =>
        new ica.BenchImage("page", { build: { context }, image: "too:many", access: {}, folder: "no-slashes" }),
      properties: ["image", "access", "folder"],
      words: ["one source", "start and end with a slash", "web, console or both"],
    },
    workspace: {
      declare: () =>
        new ica.Workspace("hello", {
          image: "i",
          resourceModel: "standard-small",
          storageGb: 5,
          access: {},
          network: "public",
          allowedUrls: ["ftp://example.org"],
          timeouts: { create: "soon" },
        }),
      properties: ["access", "storageGb", "allowedUrls", "allowedUrls[0]", "timeouts.create"],
      words: ["at least 10", "another scheme than http and https", "length of time", 'network: "restricted"'],
    },
  };

  for (const [kind, { declare, properties, words }] of Object.entries(wrong)) {
    it(`reports every problem with an ${kind}'s inputs at once, in preview, each with its path`, async () => {
      const program = await bench.stack(`wrong-${kind}`, async () => {
        declare();
      });
      await assert.rejects(program.preview({ color: "never" }), ({ message }: Error) => {
        // At the property where the engine may show its value, else at the resource with the path in the words.
        for (const property of properties)
          assert.ok(
            message.includes(`property ${property} `) || message.includes(`: ${property}: `),
            `"${property}" is named in:\n${message}`,
          );
        for (const word of words) assert.ok(message.includes(word), `"${word}" is reported in:\n${message}`);
        return true;
      });
    });
  }

  it("refuses in preview a Dockerfile that is sure to fail, with the rule's code and the way out", async () => {
    const faulty = path.join(bench.dir, "faulty");
    await cp(context, faulty, { recursive: true });
    const dockerfile = path.join(faulty, "Dockerfile");
    await writeFile(dockerfile, (await readFile(dockerfile, "utf8")).replace("USER ica", "USER root"));
    const stackOfIt = await bench.stack("faulty", async () => {
      new ica.BenchImage("page", { build: { context: faulty }, access: { web: true } });
    });
    await assert.rejects(stackOfIt.preview({ color: "never" }), /ICA\d{3} Dockerfile:\d+ .*/);
  });

  it("refuses after the build what only the image shows, before anything is uploaded", async () => {
    const faulty = path.join(bench.dir, "no-interpreter");
    await cp(context, faulty, { recursive: true });
    await writeFile(path.join(faulty, "ica_start.sh"), "#!/usr/bin/tclsh\n# nginx on 8888\n");
    const stackOfIt = await bench.stack("no-interpreter", async () => {
      new ica.BenchImage("page", { build: { context: faulty }, access: { web: true } });
    });
    bench.calls.take();
    await assert.rejects(stackOfIt.up({ color: "never" }), /ICA009[\s\S]*tclsh[\s\S]*verify: "none"/);
    assert.deepEqual(bench.calls.take().filter(isWrite), []);
    assert.deepEqual(
      (await bench.docker.take()).filter((line) => line.startsWith("image save")),
      [],
    );
  });

  it("keeps the id of a workspace that failed to start, and gives ICA's reason", async () => {
    const script = path.join(context, "ica_start.sh");
    await writeFile(path.join(bench.dir, "good.sh"), await readFile(script));
    await writeFile(script, "#!/bin/bash\necho 'no licence server'\nexit 3\n");
    await assert.rejects(stack.up(), /failed to start: .*no licence server/s);
    const { deployment } = await stack.exportStack();
    const [made] = await workspaces();
    assert.ok(made !== undefined && JSON.stringify(deployment).includes(made.id), "the id is in the state");
    assert.equal((await workspaces()).length, 1);
  });

  it("continues with that workspace once the image is right: nothing is created twice", async () => {
    const [failed] = await workspaces();
    await writeFile(path.join(context, "ica_start.sh"), await readFile(path.join(bench.dir, "good.sh")));
    await stack.up();
    const now = await workspaces();
    assert.deepEqual(
      now.map(({ id, status }) => ({ id, status })),
      [{ id: failed?.id, status: "Running" }],
    );
    const { webUrl } = await stack.outputs();
    assert.match(await pageAt(webUrl?.value), /Hello from a Bench workspace/);
  });

  it("registers an image once although the answer was lost", async () => {
    const page = path.join(context, "index.html");
    await writeFile(page, `${await readFile(page, "utf8")}<!-- another version -->\n`);
    const before = (await images()).length;
    bench.calls.fail((method, p) => method === "POST" && p.endsWith(":createInternal"), "drop answer");
    // The workspace runs, and another image needs a restart, which is not allowed here: only the image is published.
    await assert.rejects(stack.up({ color: "never" }), /allowRestart/);
    assert.equal((await images()).length, before + 1);
  });

  it("retries what ICA refuses for a moment, and gives up with ICA's message when the refusal lasts", async () => {
    bench.calls.fail((_method, p) => p.includes("/workspaces"), 429, 2);
    bench.calls.fail((method, p) => method === "POST" && p.endsWith(":delete"), 403, 1);
    await assert.rejects(stack.destroy(), /403[\s\S]*Ordered fault[\s\S]*permission/);
    assert.equal((await workspaces()).length, 1, "the workspace is still there, and in the state");
    await stack.destroy();
    assert.deepEqual(await workspaces(), []);
  });
});
