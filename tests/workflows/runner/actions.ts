import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, stat } from "node:fs/promises";
import path from "node:path";
import { command } from "../../support/programs/command";
import type { JobRun } from "./job";

type LocalAction = (run: JobRun, given: Readonly<Record<string, string>>) => Promise<void>;

/** Does on this machine what an action of others does on GitHub. An input that it does not know is an error. */
export const actionsByName: Readonly<Record<string, LocalAction>> = {
  "actions/checkout": async ({ host, trigger, token, workspace }, given) => {
    onlyInputs(given, ["persist-credentials"]);
    const git = (...args: string[]) => command("git", ["-C", workspace, ...args]);
    await git("init", "--quiet");
    await git("fetch", "--quiet", "--depth=1", `file://${host.clone}`, trigger.sha);
    await git("checkout", "--quiet", "FETCH_HEAD");
    // As the real one does: the token stays in the clone for later steps, unless the workflow says no.
    if (given["persist-credentials"] !== "false")
      await git("config", "http.https://github.com/.extraheader", `AUTHORIZATION: basic ${token}`);
  },

  // The machine has Node.js and Pulumi.
  "actions/setup-node": async (_run, given) => {
    onlyInputs(given, ["node-version", "cache", "package-manager-cache"]);
  },
  "pulumi/actions": async (_run, given) => onlyInputs(given, []),

  "actions/upload-artifact": async (run, given) => {
    onlyInputs(given, ["name", "path", "if-no-files-found", "retention-days"]);
    const { name = "", path: file = "" } = given;
    assert.ok((await stat(file)).isFile(), "this runner uploads one file");
    assert.ok(!run.artifacts.has(name), `an artifact ${name} is there already`);
    const folder = await mkdtemp(path.join(run.folder, "artifact-"));
    await cp(file, path.join(folder, path.basename(file)));
    run.artifacts.set(name, folder);
  },
  "actions/download-artifact": async ({ artifacts, workspace }, given) => {
    onlyInputs(given, ["name", "path"]);
    const folder = artifacts.get(given.name ?? "");
    if (folder === undefined) throw new Error(`there is no artifact ${given.name}`);
    await cp(folder, path.resolve(workspace, given.path ?? "."), { recursive: true });
  },

  "actions/cache": async (run, given) => {
    onlyInputs(given, ["path", "key", "restore-keys"]);
    const { key = "" } = given;
    const places = (given.path ?? "")
      .trim()
      .split("\n")
      .map((each) => each.replace(/^~/, run.host.home));
    const prefixes = (given["restore-keys"] ?? "").trim().split("\n").filter(Boolean);
    const { caches } = run.host;
    const newest = (prefix: string) => [...caches.keys()].filter((each) => each.startsWith(prefix)).at(-1);
    const found = [key, ...prefixes].map(newest).find((each) => each !== undefined);
    for (const [index, place] of places.entries()) {
      const kept = path.join(caches.get(found ?? "") ?? "", String(index));
      if (found !== undefined && existsSync(kept)) await cp(kept, place, { recursive: true, preserveTimestamps: true });
    }
    if (found === key) return;
    run.posts.push(async () => {
      const folder = await mkdtemp(path.join(path.dirname(run.folder), "cache-"));
      for (const [index, place] of places.entries())
        if (existsSync(place))
          await cp(place, path.join(folder, String(index)), { recursive: true, preserveTimestamps: true });
      await mkdir(folder, { recursive: true });
      caches.set(key, folder);
    });
  },
};

function onlyInputs(given: Readonly<Record<string, string>>, known: readonly string[]): void {
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  assert.deepEqual(unknown, [], "an input that this runner does not know");
}
