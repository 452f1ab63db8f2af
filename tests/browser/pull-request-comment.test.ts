import { strict as assert } from "node:assert";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { renderMarkdown } from "../../cli/preview/render/markdown";
import { type PreviewReport, parseReport } from "../../cli/preview/report/report";
import { icaBench, repository } from "../cli/process";
import { startTestBench, type TestBench } from "../engine/bench";
import { settingsOf } from "../engine/workspaces/workspaces";
import { command } from "../support/command";
import { commentPage, picture } from "./comment-page";
import { launch, shownText } from "./visitor";

/** What the environment of a workflow says, for the last line of the comment. */
const workflow = {
  GITHUB_ACTIONS: "true",
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_REPOSITORY: "team/bench",
  GITHUB_RUN_ID: "8123456789",
  GITHUB_RUN_NUMBER: "812",
  GITHUB_RUN_ATTEMPT: "1",
  GITHUB_SHA: "3f2a9c1d0e5b4a7f8c6d3f2a9c1d0e5b4a7f8c6d",
};

/** examples/pull-request, deployed on the emulator, after two lines were changed and one field by hand. */
describe("the comment on a pull request", function () {
  this.timeout(420_000);
  let browser: Browser;
  let bench: TestBench;
  let folder: string;
  let report: PreviewReport;
  let page: Page;

  before(async () => {
    browser = await launch();
    bench = await startTestBench();
    await mkdir(path.join(repository, ".cache"), { recursive: true });
    folder = await mkdtemp(path.join(repository, ".cache", "pull-request-"));
    await cp(path.join(repository, "examples/pull-request"), folder, {
      recursive: true,
      filter: (source) => !source.includes("node_modules"),
    });
    await pulumi("stack", "init", "dev");
    await pulumi("up", "--yes", "--skip-preview");
    await edit("image/Dockerfile", "GRCh38.p13", "GRCh38.p14");
    await edit("index.ts", 'resourceModel: "standard-small"', 'resourceModel: "standard-large"');
    await byHand("proteomics", { storageSizeInGb: 40 });
    report = await preview();
  });
  after(async () => {
    await browser?.close();
    if (folder !== undefined) await pulumi("destroy", "--yes", "--skip-preview", "--remove");
    await rm(folder, { recursive: true, force: true });
    await bench?.close();
  });

  async function pulumi(...args: string[]): Promise<void> {
    await command("pulumi", [...args, "--non-interactive", "--color", "never"], { cwd: folder, env: bench.env });
  }

  async function edit(file: string, from: string, to: string): Promise<void> {
    const text = await readFile(path.join(folder, file), "utf8");
    assert.ok(text.includes(from), `${file} has ${from}`);
    await writeFile(path.join(folder, file), text.replace(from, to));
  }

  async function byHand(name: string, change: Record<string, unknown>): Promise<void> {
    const at = `/api/projects/${bench.projectId}/workspaces`;
    const { items } = (await bench.byHand("GET", at)).body as { items: { id: string; name: string }[] };
    const one = items.find((each) => each.name.endsWith(`-${name}`));
    assert.ok(one !== undefined, `there is a workspace ${name}`);
    const { status } = await bench.byHand("PUT", `${at}/${one.id}`, { ...settingsOf(one), ...change });
    assert.equal(status, 200);
  }

  async function preview(): Promise<PreviewReport> {
    const config = path.join(folder, "policy-config.json");
    await writeFile(config, JSON.stringify({ all: "disabled", "verified-images": "advisory" }));
    const { code, stdout, stderr } = await icaBench(
      ["preview", "--cwd", folder, "--refresh", "--format", "json"].concat(
        ["--policy-pack", path.join(repository, "examples/policy")],
        ["--policy-pack-config", config],
      ),
      { env: { ...bench.env, ...workflow } },
    );
    assert.equal(code, 3, `a restart is a danger: ${stderr}`);
    return parseReport(stdout);
  }

  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 892, height: 600 } });
    await page.setContent(await commentPage(renderMarkdown(report, { limit: 65_000, run: report.run })));
  });
  afterEach(() => page.close());

  it("shows the danger as GitHub's alert, and the reason of the rebuild, without opening anything", async () => {
    const comment = page.getByRole("article", { name: "Comment" });
    const alert = comment.locator(".markdown-alert-warning");
    assert.match(await shownText(alert), /genomics is restarted: people who work in it are disconnected\./);
    assert.match(await shownText(alert), /resourceModel standard-small → standard-large/);
    const said = await shownText(comment);
    assert.match(said, /Image analysis \w{12} → \w{12} is rebuilt, because\s+Dockerfile changed/);
    assert.match(said, /advisory bench\/verified-images for analysis/);
    assert.match(said, /proteomics\s+storageGb\s+40\s+20/);
    assert.doesNotMatch(said, /contextHash/, "the values are folded");
    const target = picture("pull-request-comment.png");
    if (target !== undefined) await comment.screenshot({ path: target });
  });

  it("opens the values on a click", async () => {
    const values = page.getByText(/^All values/);
    await values.click();
    await page.getByRole("cell", { name: "contextHash" }).waitFor({ state: "visible" });
  });

  it("fits a phone: only tables scroll, in themselves", async () => {
    await page.setViewportSize({ width: 360, height: 700 });
    assert.equal(
      await page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth"),
      0,
    );
  });
});
