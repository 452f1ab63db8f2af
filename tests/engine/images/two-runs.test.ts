import { strict as assert } from "node:assert";
import { appendFile } from "node:fs/promises";
import path from "node:path";
import * as ica from "../../../sdk/index";
import { startTestBench, type TestBench } from "../bench";

describe("two engines that publish the same image at once", function () {
  this.timeout(240_000);
  let bench: TestBench;
  let context: string;

  before(async () => {
    bench = await startTestBench({ imageDelayMs: 3000 });
    context = await bench.imageContext("image");
  });

  after(() => bench?.close());

  for (const [which, version] of [
    ["a version that follows the content", undefined],
    ["a declared version", "1.2"],
  ] as const) {
    it(`end with one image of ${which}, one archive, and both green`, async () => {
      await appendFile(path.join(context, "index.html"), `<!-- ${which} -->\n`);
      const stacks = await Promise.all(
        ["one", "two"].map((name) =>
          bench.stack(`${name}-${version ?? "default"}`, async () => {
            const image = new ica.BenchImage("page", {
              name: `page ${version ?? "default"}`,
              build: { context },
              access: { web: true, console: true },
              ...(version === undefined ? {} : { version }),
            });
            return { imageId: image.imageId, archiveSha256: image.archiveSha256, status: image.status };
          }),
        ),
      );
      const ups = await Promise.all(stacks.map((stack) => stack.up()));
      const [one, two] = ups.map(({ outputs }) => ({
        imageId: String(outputs.imageId?.value),
        status: String(outputs.status?.value),
      }));
      const told = ups.map(({ stdout }) => stdout).join("\n=====\n");
      assert.equal(one?.imageId, two?.imageId, told);
      assert.deepEqual([one?.status, two?.status], ["AVAILABLE", "AVAILABLE"]);
      assert.match(told, /adopting/, "they did not meet");
      const { items } = (await bench.byHand("GET", "/api/dockerImages")).body as {
        items: { id: string; name: string }[];
      };
      assert.equal(items.filter(({ name }) => name === `page ${version ?? "default"}`).length, 1, told);
      const archives = (await bench.files()).filter(({ name }) => name.startsWith(`page_${version ?? "default"}-`));
      assert.deepEqual(
        archives.map(({ status }) => status),
        ["AVAILABLE"],
        told,
      );
      for (const stack of stacks) assert.deepEqual((await stack.up()).summary.resourceChanges, { same: 2 });
    });
  }
});
