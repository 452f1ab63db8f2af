import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { Facts } from "../../cli/preview/facts";
import { Events } from "../../cli/preview/read-events";
import { renderMarkdown } from "../../cli/preview/render/markdown";
import { reportOf } from "../../cli/preview/report/build";
import type { Run } from "../../cli/preview/report/report";
import { commentPage, picture } from "./comment-page";
import { launch, shownText } from "./visitor";

const urn = "urn:pulumi:rec::engine-test::pulumi-nodejs:dynamic/ica:BenchImage::page";
/** What the provider says of the image, in the channel's own form. */
const said = [
  { kind: "rebuild", reasons: [{ kind: "from", before: "debian:bookworm-slim", after: "debian:trixie-slim" }] },
  { kind: "published", there: false },
].map((fact) => JSON.stringify({ v: 1, urn, fact }));

const run: Run = {
  sha: "3f2a9c1d0e5b4a7f8c6d3f2a9c1d0e5b4a7f8c6d",
  number: 812,
  attempt: 1,
  url: "https://github.com/team/bench/actions/runs/812",
};

/** The comment of a real preview, of which tests/fixtures/preview has the events. */
function comment(): string {
  const events = new Events();
  const recorded = readFileSync(path.join(__dirname, "../fixtures/preview/changes.jsonl"), "utf8").trim();
  for (const line of recorded.split("\n")) events.add(JSON.parse(line));
  const report = reportOf(
    events.observed({ isRefreshed: false, hasFailed: false }),
    Facts.read(`${said.join("\n")}\n`),
    { run, time: new Date("2026-03-01T14:02:00Z"), shownFile: (file) => file },
  );
  return renderMarkdown(report, { limit: 65_000, run });
}

describe("the comment on a pull request, with GitHub's style", function () {
  this.timeout(120_000);
  let browser: Browser;
  let page: Page;

  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 892, height: 600 } });
    await page.setContent(await commentPage(comment()));
  });
  afterEach(() => page.close());

  const article = () => page.getByRole("article", { name: "Comment" });

  it("shows dangers as alerts and the reason of a rebuild, without a click", async () => {
    const lost = await shownText(article().locator(".markdown-alert-caution"));
    assert.match(lost, /pilot is replaced: everything in its \/data \(20 GB\) is lost\./);
    assert.match(lost, /old is deleted, and everything in its \/data \(20 GB\) with it\./);
    const cut = await shownText(article().locator(".markdown-alert-warning"));
    assert.match(cut, /genomics is restarted: people who work in it are disconnected\./);
    const text = await shownText(article());
    assert.ok(text.indexOf(lost) < text.indexOf(cut), "what is lost for good comes first");
    assert.match(text, /is rebuilt, because\s+Dockerfile: FROM debian:bookworm-slim is now FROM debian:trixie-slim/);
    assert.doesNotMatch(
      text,
      /\]\(|\*\*|\[!|pulumi-ica:preview/,
      "no Markdown is left over, and the marker is invisible",
    );
    const target = picture("pull-request-comment.png");
    if (target !== undefined) await article().screenshot({ path: target });
  });

  it("keeps all values folded until a click opens them", async () => {
    const cell = page.getByRole("cell", { name: "standard-large" });
    assert.equal(await cell.isVisible(), false);
    await page.getByText(/^All values/).click();
    await cell.waitFor({ state: "visible" });
  });

  it("links only to the log of the run", async () => {
    const links = await page
      .locator(".markdown-body a")
      .evaluateAll((all) => all.map((one) => one.getAttribute("href")));
    assert.deepEqual(links, [run.url]);
  });

  it("fits a phone", async () => {
    await page.setViewportSize({ width: 360, height: 700 });
    const over = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert.equal(await page.evaluate<number>(over), 0);
  });
});
