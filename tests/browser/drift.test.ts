import { strict as assert } from "node:assert";
import path from "node:path";
import { CreateMultipartUploadCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import type { PulumiFn, Stack } from "@pulumi/pulumi/automation/index.js";
import type { Browser, Page } from "playwright-core";
import * as ica from "../../sdk/index";
import { at, awsOf, call, s3Client } from "../emulator/support";
import { startTestBench, type TestBench } from "../engine/bench";
import { listen } from "../engine/workspaces/workspaces";
import { launch, shownText, Visitor } from "./visitor";

/** What `pulumi preview --refresh --diff` shows: by resource, the operation and the fields; and its text. */
async function drift(stack: Stack): Promise<{ changes: Record<string, string>; text: string }> {
  const { told, onEvent } = listen();
  const { stdout } = await stack.preview({ refresh: true, diff: true, color: "never", onEvent });
  const changes: Record<string, string> = {};
  for (const name of ["rstudio", "genomics", "teaching"]) {
    const { ops, diffs } = told(name);
    const op = ops.find((one) => one !== "same" && one !== "refresh");
    if (op !== undefined) changes[name] = `${op} ${diffs.sort().join(" ")}`.trim();
  }
  return { changes, text: stdout };
}

/** An upload of which one part has come, and the others will not. */
async function startsAnUpload({ calls, apiKey, projectId, env }: TestBench, name: string): Promise<void> {
  const headers = { "X-API-Key": apiKey };
  const body = { name, folderPath: "/bench-images/" };
  const address = `/api/projects/${projectId}/data:createFileWithTemporaryCredentials`;
  const made = await call(calls.url, "POST", address, { headers, body });
  const aws = awsOf(at(made.body, "tempCredentials"));
  const client = s3Client(String(env.ICA_S3_ENDPOINT), aws);
  const object = { Bucket: aws.bucket, Key: aws.objectPrefix };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(object));
  await client.send(new UploadPartCommand({ ...object, UploadId, PartNumber: 1, Body: Buffer.alloc(6_000_000) }));
}

/** For the README: `npm run test:browser -- --screenshot`. */
async function takesPicture(page: Page): Promise<void> {
  const folder = process.env.ICA_BENCH_SCREENSHOT;
  if (folder !== undefined) {
    await page.setViewportSize({ width: 1040, height: 1130 });
    await page.evaluate("document.getElementById('said').textContent = ''");
    await page.screenshot({ path: path.join(folder, "emulator-page.png") });
  }
}

describe("drift that is made by hand on the emulator's page", function () {
  this.timeout(300_000);
  let browser: Browser;
  let bench: TestBench;
  let stack: Stack;
  let visitor: Visitor;

  before(async () => {
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
  });
  afterEach(() => {
    assert.deepEqual(visitor.complaints, [], "the browser has nothing to complain of");
  });

  const none = async () => assert.deepEqual((await drift(stack)).changes, {});

  describe("of workspaces that only have states", () => {
    before(async () => {
      bench = await startTestBench({ containers: false });
      const body = { url: "example.org/never-pulled:1", name: "rstudio", version: "1", type: "BENCH" };
      const { id } = (await bench.byHand("POST", "/api/dockerImages:createExternal", body)).body as { id: string };
      const args: ica.WorkspaceArgs = {
        image: id,
        resourceModel: "standard-small",
        storageGb: 20,
        access: { web: true },
        network: "restricted",
        allowedUrls: ["https://cran.r-project.org"],
      };
      stack = await bench.stack("page", async () => {
        new ica.Workspace("genomics", { ...args, name: "genomics", desiredState: "running" });
        new ica.Workspace("teaching", { ...args, name: "teaching" });
      });
      await stack.up();
      visitor = await Visitor.with(browser);
      await visitor.opens(bench.signInUrl());
    });
    after(async () => {
      await visitor?.close();
      await bench?.close();
    });

    it("by a stop is shown as exactly that, and gone after a start", async () => {
      await visitor.sees("genomics", "Running");
      await none();
      await visitor.press("Stop", "genomics");
      await visitor.sees("genomics", "Stopped");
      const { changes, text } = await drift(stack);
      assert.deepEqual(changes, { genomics: "update desiredState" }, text);
      assert.match(text, /desiredState: "stopped" => "running"/);
      await visitor.press("Start", "genomics");
      await visitor.sees("genomics", "Running");
      await none();
    });

    it("by an edit is shown field by field, and the page shows how up puts it back", async () => {
      await visitor.press("Edit", "teaching");
      const dialog = visitor.page.getByRole("dialog");
      await dialog.getByLabel("Resource model").fill("standard-large");
      await dialog.getByLabel("public").check();
      await dialog.getByRole("button", { name: "Save" }).click();
      await visitor.card("teaching").getByText("standard-large").waitFor();
      const { changes, text } = await drift(stack);
      assert.deepEqual(changes, { teaching: "update allowedUrls network resourceModel" }, text);
      await stack.up({ refresh: true });
      await visitor.card("teaching").getByText("standard-small").waitFor();
      await visitor.card("teaching").getByText("restricted, 1 URL allowed").waitFor();
      await none();
    });

    it("by a deletion is shown as something to create", async () => {
      await visitor.press("Delete", "teaching");
      await visitor.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
      await visitor.card("teaching").waitFor({ state: "detached" });
      assert.deepEqual((await drift(stack)).changes, { teaching: "create" });
      await stack.up({ refresh: true });
      await visitor.card("teaching").waitFor();
      await none();
    });
  });

  describe("of an image that was built and a container that runs", () => {
    before(async () => {
      bench = await startTestBench();
      const context = await bench.imageContext("image");
      const program: PulumiFn = async () => {
        const image = new ica.BenchImage("rstudio", {
          name: "rstudio",
          version: "1.2.0",
          build: { context },
          access: { web: true, console: true },
        });
        const args = { image: image.imageId, resourceModel: "standard-small", access: { web: true, console: true } };
        new ica.Workspace("genomics", {
          ...args,
          name: "genomics",
          storageGb: 64,
          network: "public",
          desiredState: "running",
        });
        new ica.Workspace("teaching", {
          ...args,
          name: "teaching",
          storageGb: 20,
          network: "restricted",
          allowedUrls: ["https://cran.r-project.org", "https://*.bioconductor.org"],
        });
      };
      stack = await bench.stack("page", program);
      visitor = await Visitor.with(browser);
      await visitor.opens(bench.signInUrl());
      await stack.up();
    });
    after(async () => {
      await visitor?.close();
      await bench?.close();
    });

    it("is preceded by all that there is to see: image, archive, workspaces, addresses, log, requests", async () => {
      const { page } = visitor;
      await visitor.sees("genomics", "Running");
      const image = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "rstudio 1.2.0" }) });
      await image.getByText(/\d+ MB\s+archive \d+(\.\d)? MB/).waitFor();
      assert.match(await shownText(image), /AVAILABLE[\s\S]*archive[\s\S]*\t[1-9]\d*\tuse1\tweb, console$/);
      await page
        .getByRole("row")
        .filter({ hasText: /\/bench-images\/rstudio-1\.2\.0-\w+\.tar\.bz2[\s\S]*AVAILABLE/ })
        .waitFor();
      await page
        .getByRole("log")
        .getByRole("listitem")
        .filter({ hasText: "/ica/rest/api/dockerImages:createInternal" })
        .waitFor();

      const opened = visitor.context.waitForEvent("page");
      await visitor.card("genomics").getByRole("link").click();
      const own = await opened;
      await own.getByText("Hello from a Bench workspace").waitFor();
      assert.equal(await own.evaluate("window.opener"), null);
      await own.close();

      await visitor.card("genomics").getByText("Last lines of its log").click();
      await visitor
        .card("genomics")
        .getByText(/workspace \d{8} is up/)
        .waitFor();
      await bench.byHand("GET", "/api/dockerImages/00000000-0000-0000-0000-000000000000");
      await page.getByRole("log").getByText("Fault: There is no Docker image").waitFor();
      await startsAnUpload(bench, "rstudio-1.3.0.tar.bz2");
      await page.getByText("6.0 MB received, 1 part complete").waitFor();
      await takesPicture(page);
    });

    it("by a stop ends the container as Bench does, and is shown as exactly that; up starts it again", async () => {
      await none();
      await visitor.press("Stop", "genomics");
      await visitor.sees("genomics", "Stopped");
      const { changes, text } = await drift(stack);
      assert.deepEqual(changes, { genomics: "update desiredState" }, text);
      assert.match(text, /desiredState: "stopped" => "running"/);
      await stack.up({ refresh: true });
      await visitor.sees("genomics", "Running");
      await none();
    });
  });
});
