import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { z } from "zod";
import { startTestBench, type TestBench } from "../bench";
import { pageAndWorkspace } from "../program/page-and-workspace";

const lists = z.object({ items: z.array(z.looseObject({ id: z.string(), status: z.string().optional() })) });
/** Requests of the object store, which do not pass where calls are noted: those that begin, send and complete an upload. */
const UPLOADING = [
  { method: "POST", path: "/s3/*" },
  { method: "PUT", path: "/s3/*" },
  { method: "POST", path: "/s3/*", after: 1 },
] as const;

describe("an up, when every call fails once", function () {
  this.timeout(300_000);
  let bench: TestBench;
  let stack: Stack;
  let context: string;
  let calls: string[];
  let releases = 0;

  before(async () => {
    bench = await startTestBench({ containers: false });
    context = await bench.imageContext("image");
    stack = await bench.stack("failing", async () => {
      pageAndWorkspace(context, { web: true });
    });
    await release();
    bench.calls.take();
    await stack.up();
    await stack.destroy();
    calls = [
      ...new Set(
        bench.calls
          .take()
          .map(({ method, path }) => `${method} ${path.replace(/(?<=\/)(?:fil\.[0-9a-f]{32}|[0-9a-f-]{36})/g, "*")}`),
      ),
    ];
  });
  after(() => bench?.close());
  afterEach(() => bench.takeOrders());

  /** Another content of the image. */
  async function release(): Promise<void> {
    releases += 1;
    await writeFile(path.join(context, "release.txt"), `${releases}\n`);
  }

  const list = async (of: string) => lists.parse((await bench.byHand("GET", of)).body).items;

  for (const [what, fault] of Object.entries({
    "with 503": { kind: "status", status: 503 },
    "with a reset before it is carried out": { kind: "reset" },
    "with a reset after it was carried out": { kind: "drop" },
  } as const)) {
    it(`${what}, creates one image and one workspace, and leaves nothing else`, async () => {
      const workspaces = `/api/projects/${bench.projectId}/workspaces`;
      const before = await list("/api/dockerImages");
      await release();
      for (const call of calls) {
        const [, method, path] = /^(\S+) (?:\/ica\/rest)?(\S+)$/.exec(call) ?? [];
        await bench.order({ method: z.enum(["GET", "POST", "PUT"]).parse(method), path: String(path), fault });
      }
      for (const one of UPLOADING) {
        await bench.order({ ...one, fault });
      }
      await stack.up();
      assert.equal((await list("/api/dockerImages")).length, before.length + 1);
      assert.deepEqual(
        (await list(workspaces)).map(({ status }) => status),
        ["Running"],
      );
      assert.deepEqual((await stack.up()).summary.resourceChanges, { same: 3 });
      await stack.destroy();
      assert.deepEqual(await list(workspaces), []);
      assert.deepEqual(
        (await bench.files()).filter(({ status }) => status !== "AVAILABLE"),
        [],
      );
      const idle = (await bench.takeOrders()).filter(({ happened }) => happened === 0);
      assert.deepEqual(idle, [], "each call failed once");
    });
  }
});
