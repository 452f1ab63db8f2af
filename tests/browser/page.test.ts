import { strict as assert } from "node:assert";
import type { Browser } from "playwright-core";
import { TestEmulator, V4 } from "../emulator/support";
import { launch, shownText, Visitor } from "./visitor";
import { Shown } from "./workspaces";

describe("the emulator's page", function () {
  this.timeout(120_000);
  let browser: Browser;
  let shown: Shown;
  let visitor: Visitor;

  before(async () => {
    browser = await launch();
    shown = await Shown.start();
  });
  after(async () => {
    await browser?.close();
    await shown?.close();
  });
  beforeEach(async () => {
    visitor = await Visitor.with(browser);
  });
  afterEach(async () => {
    await visitor.close();
    assert.deepEqual(visitor.complaints, [], "the browser has nothing to complain of");
  });

  const opens = () => visitor.opens(shown.ica.emulator.signInUrl());
  const page = () => visitor.page;

  it("shows only a form to a visitor who is not signed in, and everything to one with the API key", async () => {
    await shown.has("secret-project");
    await page().goto(shown.ica.emulator.url);
    await page().getByLabel("API key").waitFor();
    assert.match(await shownText(page().locator("body")), /^ICA emulator\s+API key\s+The one that[\s\S]*Sign in$/);

    await page().getByLabel("API key").fill("not-the-key");
    await page().keyboard.press("Enter");
    await page().getByRole("alert").filter({ hasText: "not the API key of this emulator" }).waitFor();
    assert.doesNotMatch(await page().content(), /secret-project/);

    await page().getByLabel("API key").fill(shown.ica.apiKey);
    await page().keyboard.press("Enter");
    await visitor.card("secret-project").waitFor();
    const kept = await page().evaluate<string>(
      "location.href + document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })",
    );
    assert.equal(
      kept,
      `http://localhost:${new URL(shown.ica.emulator.url).port}/{}`,
      "a script finds neither key nor session",
    );
    assert.ok(!(await page().content()).includes(shown.ica.apiKey));
    await page().reload();
    await visitor.card("secret-project").waitFor();

    await page().getByRole("button", { name: "Sign out" }).click();
    await page().getByLabel("API key").waitFor();
    await page().reload();
    await page().getByLabel("API key").waitFor();
    assert.doesNotMatch(await page().content(), /secret-project/);
  });

  it("signs in once with the address from the command line, and keeps that address out of the history", async () => {
    const address = shown.ica.emulator.signInUrl();
    await visitor.opens(address);
    assert.equal(new URL(page().url()).hash, "");
    const other = await Visitor.with(browser);
    await other.page.goto(address);
    await other.page.getByRole("alert").filter({ hasText: "has been used" }).waitFor();
    await other.close();
  });

  it("starts, changes, stops and deletes a workspace", async () => {
    await shown.has("by-hand");
    await opens();
    await visitor.press("Start", "by-hand");
    await visitor.sees("by-hand", "Running");
    assert.equal((await shown.told("by-hand"))?.status, "Running");
    await visitor.press("Stop", "by-hand");
    await visitor.sees("by-hand", "Stopped");

    await visitor.press("Edit", "by-hand");
    const dialog = page().getByRole("dialog", { name: "Edit by-hand" });
    await dialog.getByLabel("Storage in GB").fill("50");
    await dialog.getByLabel("Allowed URLs").fill("https://b.org\n\n https://*.a.org \n");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
    await visitor.card("by-hand").getByText("standard-small, 50 GB").waitFor();
    const told = await shown.told("by-hand");
    assert.equal(told?.storageSizeInGb, 50);
    assert.deepEqual(told?.network, { mode: "RESTRICTED", allowedUrls: ["https://b.org", "https://*.a.org"] });

    await visitor.press("Delete", "by-hand");
    await page().getByRole("dialog", { name: "Delete by-hand?" }).getByRole("button", { name: "Cancel" }).click();
    assert.ok(await shown.told("by-hand"), "cancelled is not deleted");
    await visitor.press("Delete", "by-hand");
    await page().getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await visitor.card("by-hand").waitFor({ state: "detached" });
    assert.equal(await shown.told("by-hand"), undefined);
    assert.match(await visitor.focus(), /^Workspaces/, "the focus is where it went on");
  });

  it("shows in the dialog why a change is refused, and keeps what was typed", async () => {
    await shown.has("refused");
    await opens();
    await visitor.press("Edit", "refused");
    const dialog = page().getByRole("dialog");
    await dialog.getByLabel("Storage in GB").fill("10");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByRole("alert").filter({ hasText: "cannot shrink from 20 GB" }).waitFor();
    assert.equal(await dialog.getByLabel("Storage in GB").inputValue(), "10");
    assert.equal((await shown.told("refused"))?.storageSizeInGb, 20);
  });

  it("does not overwrite a change that another user made in the meantime", async () => {
    const id = await shown.has("contested");
    await opens();
    await visitor.press("Edit", "contested");
    const dialog = page().getByRole("dialog");
    await dialog.getByLabel("Storage in GB").fill("30");
    const { id: _id, ...settings } = { ...(await shown.told("contested")) };
    const names = ["name", "imageId", "resourceModel", "access", "network"];
    const body = { ...Object.fromEntries(names.map((name) => [name, settings[name]])), storageSizeInGb: 40 };
    const address = `/api/projects/${shown.ica.emulator.projectId}/workspaces/${id}`;
    await shown.ica.ok("PUT", address, { body, mediaType: "application/vnd.illumina.v4+json" });
    await visitor.card("contested").getByText("40 GB").waitFor();
    assert.equal(
      await dialog.getByLabel("Storage in GB").inputValue(),
      "30",
      "the page behind the dialog has changed, not it",
    );
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByRole("alert").filter({ hasText: "has changed since it was read" }).waitFor();
    assert.equal((await shown.told("contested"))?.storageSizeInGb, 40);
  });

  it("is used with the keyboard alone, and the focus stays where it is when things change", async () => {
    await shown.start(await shown.has("keys"));
    await page().goto(shown.ica.emulator.url);
    await page().getByLabel("API key").waitFor();
    await visitor.tabsTo("apiKey");
    await page().keyboard.type(shown.ica.apiKey);
    await page().keyboard.press("Enter");
    await visitor.sees("keys", "Running");
    await visitor.tabsTo("Stop keys");
    await page().keyboard.press("Enter");
    await page().getByRole("status").filter({ hasText: "keys is Stopped." }).waitFor();
    assert.equal(await visitor.focus(), "Stop keys");
    await page().keyboard.press("Enter");
    await page()
      .getByRole("status")
      .filter({ hasText: "to stop it, it must be Running or Starting or Failed" })
      .waitFor();

    await visitor.tabsTo("Edit keys");
    await page().keyboard.press("Space");
    await visitor.tabsTo("storageSizeInGb");
    await page().keyboard.press("ControlOrMeta+A");
    await page().keyboard.type("77");
    await page().keyboard.press("Enter");
    await visitor.card("keys").getByText("77 GB").waitFor();
    assert.equal(await visitor.focus(), "Edit keys");

    await visitor.tabsTo("Delete keys");
    await page().keyboard.press("Enter");
    await page().getByRole("dialog").waitFor();
    await page().keyboard.press("Escape");
    assert.equal(await visitor.focus(), "Delete keys");
  });

  it("shows requests and faults as they come, and can be paused and filtered to faults", async () => {
    await opens();
    const log = page().getByRole("log");
    await shown.ica.call("GET", "/api/regions");
    await log.getByRole("listitem").filter({ hasText: "/ica/rest/api/regions" }).first().waitFor();
    await shown.ica.call("GET", "/api/no-such-call");
    const fault = log
      .getByRole("listitem")
      .filter({ hasText: "Fault: There is no GET /ica/rest/api/no-such-call here." });
    await fault.waitFor();
    assert.match(await shownText(fault), /404\s+GET/);

    await page().getByLabel("Faults only").check();
    await log.getByText("/ica/rest/api/regions").waitFor({ state: "detached" });
    await page().getByRole("button", { name: "Pause" }).click();
    await shown.ica.call("GET", "/api/no-such-call-2");
    await page().getByRole("button", { name: "Pause (1 more)" }).waitFor();
    assert.equal(await log.getByText("no-such-call-2").count(), 0);
    await page().getByRole("button", { name: "Pause (1 more)" }).click();
    await log.getByText("/ica/rest/api/no-such-call-2", { exact: true }).waitFor();
    await page().getByRole("button", { name: "Clear" }).click();
    await page().getByText("No faults yet.").waitFor();
  });

  it("shows every name, path and request as plain text", async () => {
    const hostile = (name: string) => `<img src=x onerror="window.hit='${name}'">`;
    await shown.has(hostile("workspace"));
    await shown.image(hostile("image"));
    await shown.ica.ok("POST", `${shown.ica.data}:createFile`, { body: { name: hostile("data").replaceAll("/", "") } });
    await shown.ica.call("GET", `/api/dockerImages/${encodeURIComponent(hostile("request"))}`, { mediaType: V4 });
    await opens();
    await visitor.card(hostile("workspace")).waitFor();
    await page()
      .getByRole("rowheader", { name: hostile("image") })
      .waitFor();
    await page()
      .getByRole("rowheader", { name: `/${hostile("data")}` })
      .waitFor();
    await page()
      .getByRole("log")
      .getByText(`There is no Docker image ${hostile("request")}`)
      .waitFor();
    await visitor.press("Edit", hostile("workspace"));
    await page()
      .getByRole("dialog", { name: `Edit ${hostile("workspace")}` })
      .waitFor();
    assert.equal(await page().locator("img").count(), 0);
    assert.equal(await page().evaluate("window.hit"), undefined);
  });

  it("asks for the key again when the emulator has been started again", async () => {
    const { dir, emulator, apiKey } = await TestEmulator.start();
    await visitor.opens(emulator.signInUrl());
    await emulator.close();
    await page().getByRole("status").filter({ hasText: "The emulator does not answer." }).waitFor();
    const again = await TestEmulator.start({ dir, apiKey, port: Number(new URL(emulator.url).port) });
    await page().getByRole("alert").filter({ hasText: "You are no longer signed in" }).waitFor();
    await again.close();
  });

  it("says so when the emulator has no workspace calls", async () => {
    const without = await Shown.start({ workspaces: false });
    await visitor.opens(without.ica.emulator.signInUrl());
    await page().getByText("This emulator serves no workspace calls").waitFor();
    await without.close();
  });

  for (const colorScheme of ["light", "dark"] as const) {
    it(`has no barriers that axe-core knows of, in ${colorScheme} colours, wide and narrow`, async () => {
      await shown.start(await shown.has(`seen-${colorScheme}`));
      await page().emulateMedia({ colorScheme });
      await page().goto(shown.ica.emulator.url);
      await page().getByLabel("API key").waitFor();
      assert.deepEqual(await visitor.barriers(), [], "the form");
      await opens();
      await visitor.sees(`seen-${colorScheme}`, "Running");
      await visitor.card(`seen-${colorScheme}`).getByText("Last lines of its log").click();
      await shown.ica.call("GET", "/api/no-such-call");
      await page()
        .getByRole("log")
        .getByText("Fault: There is no GET /ica/rest/api/no-such-call here.")
        .first()
        .waitFor();
      assert.deepEqual(await visitor.barriers(), [], "the page");
      await page().setViewportSize({ width: 360, height: 700 });
      assert.deepEqual(await visitor.barriers(), [], "the page, narrow");
      const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
      assert.equal(await page().evaluate(overflow), 0, "nothing stands out to the side");
      await visitor.press("Edit", `seen-${colorScheme}`);
      assert.deepEqual(await visitor.barriers(), [], "a dialog");
    });
  }
});
