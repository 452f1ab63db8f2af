// npm run test:browser                      tests the emulator's page and a preview's comment in a real browser
// npm run test:browser -- --grep "a word"   passes options to mocha
// npm run test:browser -- --screenshot      also rewrites the pictures in docs/images
import { join } from "node:path";
import { browser } from "./lib/browser.mjs";
import { root } from "./lib/paths.mjs";
import { main } from "./lib/progress.mjs";
import { setUp } from "./lib/set-up.mjs";
import { verdict } from "./lib/tests/verdict.mjs";

const pictures = join(root, "docs", "images");

await main(async () => {
  const { docker, env } = await setUp();
  const args = process.argv.slice(2).filter((arg) => arg !== "--screenshot");
  const wanted = process.argv.includes("--screenshot") ? { ICA_BENCH_SCREENSHOT: pictures } : {};
  const found = { docker, env: { ...env, ...wanted, ICA_BENCH_BROWSER: await browser() } };
  return verdict(found, ["tests/browser", ...args]);
});
