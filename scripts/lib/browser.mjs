import { homedir } from "node:os";
import { join } from "node:path";
import { canInstall, install } from "./docker/apt.mjs";
import { root } from "./paths.mjs";
import { find, isExecutable, run, tail } from "./process.mjs";
import { begin, Remedy, step } from "./progress.mjs";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const macApplications = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  join(homedir(), "Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
];

/** An installed browser. */
function installed() {
  const onPath = names.map((name) => find(name) ?? find(name, ["/snap/bin"]));
  return [...onPath, ...macApplications.filter(isExecutable)].find((path) => path !== undefined);
}

/** playwright-core's own browser, if it has been downloaded. */
async function downloaded() {
  const { chromium } = await import("playwright-core");
  const path = chromium.executablePath();
  return isExecutable(path) ? path : undefined;
}

/** @returns {Promise<string | undefined>} why the download failed */
async function download() {
  begin("browser", "no Chromium here: asking playwright-core to download one");
  const program = join(root, "node_modules", "playwright-core", "cli.js");
  const { code, output, timedOut } = await run(process.execPath, [program, "install", "chromium"], {
    // An unreachable server may stay silent forever.
    idle: () => 60_000,
  });
  if (timedOut) return "its download does not answer";
  return code === 0 ? undefined : (/Error: .*/.exec(output)?.[0] ?? tail(output, 4).trim());
}

/**
 * Finds a Chromium for the tests of the emulator's page: the one that ICA_BENCH_BROWSER names, an installed one,
 * Debian's, or playwright's own.
 *
 * @returns {Promise<string>} its path
 */
export function browser() {
  return step("browser", async () => {
    const chosen = process.env.ICA_BENCH_BROWSER;
    if (chosen) return { said: `${chosen} (ICA_BENCH_BROWSER)`, value: chosen };
    const there = installed() ?? (await downloaded());
    if (there) return { said: `${there} is there`, value: there };

    let refusal = "this is not Debian, or not root";
    if (canInstall()) {
      begin("browser", "no Chromium here: installing it with apt-get");
      const { ok, output } = await install(["chromium"]);
      const now = installed();
      if (ok && now) return { said: `installed ${now}`, value: now };
      refusal = tail(output, 4).trim();
    }
    const noDownload = await download();
    const own = await downloaded();
    if (own) return { said: `downloaded ${own}`, value: own };
    throw new Remedy(
      `There is no Chromium or Chrome on this machine. From Debian's packages: ${refusal}. Download: ${noDownload ?? "the program is not where it should be"}.`,
      "install Chromium or Chrome, or name one with ICA_BENCH_BROWSER=/path/to/chromium.",
    );
  });
}
