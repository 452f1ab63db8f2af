import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";

/** Starts the browser that scripts/lib/browser.mjs has found. */
export function launch(): Promise<Browser> {
  const executablePath = process.env.ICA_BENCH_BROWSER;
  assert.ok(executablePath, "ICA_BENCH_BROWSER names a browser; `npm run test:browser` finds one");
  return chromium.launch({ executablePath });
}

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** What of an element can be seen, as text. Other than `textContent` this leaves out what is hidden. */
export function shownText(element: Locator): Promise<string> {
  // biome-ignore lint/performance/useDomNodeTextContent: this is about what can be seen
  return element.innerText();
}

/** A person with a browser profile of their own, which records every complaint of the browser. */
export class Visitor {
  /** Errors of scripts, and what the page's policy has stopped. */
  readonly complaints: string[] = [];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on("pageerror", ({ message }) => this.complaints.push(message));
    page.on("console", (message) => {
      if (/Content Security Policy|Trusted/i.test(message.text())) this.complaints.push(message.text());
    });
  }

  static async with(browser: Browser): Promise<Visitor> {
    const context = await browser.newContext({ viewport: { width: 1180, height: 900 }, reducedMotion: "reduce" });
    context.setDefaultTimeout(45_000);
    return new Visitor(context, await context.newPage());
  }

  /** Opens an address that signs in, and waits for what the emulator has to show. */
  async opens(signInUrl: string): Promise<void> {
    await this.page.goto(signInUrl);
    try {
      await this.page.getByRole("heading", { name: /^Workspaces/ }).waitFor();
    } catch (cause) {
      const shown = await shownText(this.page.locator("body"));
      throw new Error(`The page shows:\n${shown}\n${this.complaints.join("\n")}`, { cause });
    }
  }

  /** The card of a workspace. */
  card(name: string): Locator {
    return this.page.getByRole("article", { name, exact: true });
  }

  async press(action: "Start" | "Stop" | "Edit" | "Delete", name: string): Promise<void> {
    await this.page.getByRole("button", { name: `${action} ${name}`, exact: true }).click();
  }

  /** Waits until a workspace is shown in this state. */
  async sees(name: string, status: string): Promise<void> {
    await this.card(name).locator(".status", { hasText: status }).waitFor();
  }

  /** What the element that has the focus is called. */
  focus(): Promise<string> {
    return this.page.evaluate<string>(
      "document.activeElement.getAttribute('aria-label') ?? document.activeElement.name ?? document.activeElement.textContent.trim()",
    );
  }

  /** Presses the Tab key until something of this name has the focus. */
  async tabsTo(name: string): Promise<void> {
    for (let presses = 0; presses < 60; presses++) {
      if ((await this.focus()) === name) return;
      await this.page.keyboard.press("Tab");
    }
    assert.fail(`the Tab key does not lead to ${name}`);
  }

  /** What axe-core finds wrong for people who cannot see, point or tell colours apart; in short. */
  async barriers(): Promise<string[]> {
    await this.page.evaluate(axe);
    const violations = await this.page.evaluate<
      { id: string; nodes: { target: string[]; failureSummary: string }[] }[]
    >("axe.run().then(({ violations }) => violations)");
    return violations.map(({ id, nodes }) => {
      const [{ target, failureSummary } = { target: [], failureSummary: "" }] = nodes;
      return `${id}: ${nodes.length} times, first at ${target.join(" ")}: ${failureSummary}`;
    });
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
