import { strict as assert } from "node:assert";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { until } from "../support/until";
import { launch, Visitor } from "./visitor";
import { Shown } from "./workspaces";

/** A site that has nothing to do with the emulator. */
async function foreignSite(): Promise<Server> {
  const server = createServer((_req, res) => {
    res.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>foreign</title>");
  }).listen(0);
  await once(server, "listening");
  return server;
}

describe("the emulator's page and other sites, in the browser of a signed-in user", function () {
  this.timeout(120_000);
  let browser: Browser;
  let shown: Shown;
  let visitor: Visitor;
  let site: Server;
  let id: string;
  let home: string;

  before(async () => {
    browser = await launch();
    shown = await Shown.start();
    site = await foreignSite();
    visitor = await Visitor.with(browser);
    id = await shown.has("target");
    await shown.start(id);
    await visitor.opens(shown.ica.emulator.signInUrl());
    await visitor.sees("target", "Running");
    home = visitor.page.url();
  });
  after(async () => {
    await browser?.close();
    await shown?.close();
    site?.close();
  });

  const sitePort = () => (site.address() as AddressInfo).port;
  /** Where an attack may come from: another site; another port, which is the same site; where workspaces' own pages are. */
  const origins = {
    "another site": () => `http://127.0.0.1:${sitePort()}/`,
    "another port of localhost": () => `http://localhost:${sitePort()}/`,
    "the address that workspaces are served at": () => `${shown.ica.emulator.url}/bench-n-12345678-i12345678/`,
  };

  async function at(address: string): Promise<Page> {
    const page = await visitor.context.newPage();
    await page.goto(address);
    return page;
  }

  /** How often the emulator has refused a stop so far, as its own page tells. */
  function refusals(): Promise<number> {
    const told = "Fault: Only the emulator's own page may make this call.";
    return visitor.page.getByRole("listitem").filter({ hasText: told }).filter({ hasText: "/stop" }).count();
  }

  for (const [from, address] of Object.entries(origins)) {
    describe(`from ${from}`, () => {
      let page: Page;
      beforeEach(async () => {
        page = await at(address());
      });
      afterEach(async () => {
        await page.close();
        assert.equal((await shown.told("target"))?.status, "Running", "no call has stopped it");
      });

      const stop = () => `${home}page/api/workspaces/${id}/stop`;

      it("no script can stop a workspace, in any form that needs no permission", async () => {
        const before = await refusals();
        const send = (body: string) =>
          `fetch(${JSON.stringify(stop())}, { method: "POST", mode: "no-cors", credentials: "include", body: ${body} }).catch(() => undefined)`;
        for (const body of ["undefined", '"{}"', "new URLSearchParams({ a: 1 })"]) await page.evaluate(send(body));
        await until("the emulator has logged three", async () => (await refusals()) === before + 3);
        const asked = await page.evaluate(
          `fetch(${JSON.stringify(stop())}, { method: "PUT", credentials: "include" }).then(() => "answered", () => "refused")`,
        );
        assert.equal(asked, "refused", "what needs permission gets none");
      });

      it("no form can", async () => {
        const answered = page.waitForResponse(stop());
        await page.evaluate(
          `(() => { const form = Object.assign(document.createElement("form"), { method: "post", action: ${JSON.stringify(stop())} }); document.body.append(form); form.submit(); })()`,
        );
        assert.equal((await answered).status(), 403);
      });

      it("no script can read the answers to the page, and no frame can show the page", async () => {
        const events = `${home}page/api/events`;
        const read = await page.evaluate(
          `fetch(${JSON.stringify(events)}, { credentials: "include" }).then(({ status }) => status, () => "refused")`,
        );
        assert.equal(read, "refused");
        const framed = await page.evaluate<string>(
          `new Promise((resolve) => { const frame = document.createElement("iframe"); frame.onload = () => { try { resolve(frame.contentWindow.location.href); } catch { resolve("nothing to be read"); } }; frame.src = ${JSON.stringify(home)}; document.body.append(frame); })`,
        );
        assert.equal(framed, "nothing to be read");
        const frame = page.frames().find((one) => one.parentFrame() !== null);
        assert.equal(await frame?.locator("#page").count(), 0, "the frame is empty");
      });

      it("a window that it opens is out of its reach", async () => {
        const opened = visitor.context.waitForEvent("page");
        await page.evaluate(`void (globalThis.opened = open(${JSON.stringify(home)}))`);
        const window = await opened;
        await window.locator("#page *").first().waitFor();
        const reached = await page.evaluate<string>(
          `(() => { try { return globalThis.opened.document.body.textContent; } catch (error) { return error.name; } })()`,
        );
        assert.doesNotMatch(reached, /target|API key/);
        await window.close();
      });
    });
  }

  it("nothing of a workspace is served under the page's own name", async () => {
    const page = await visitor.context.newPage();
    await page.goto(`${home}bench-n-12345678-i12345678/`);
    assert.equal(new URL(page.url()).hostname, "127.0.0.1");
    await page.close();
  });
});
