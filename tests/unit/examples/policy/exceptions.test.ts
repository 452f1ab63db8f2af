import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { type Exception, rulingOn } from "../../../../examples/policy/exceptions";
import { command } from "../../../support/programs/command";

const folder = path.resolve(__dirname, "../../../../examples/policy");
const type = "pulumi-nodejs:dynamic/ica:Workspace";
const resource = {
  type,
  name: "teaching",
  urn: "urn:pulumi:dev::bench::pulumi-nodejs:dynamic/ica:Workspace::teaching",
};
const exception = (more: Partial<Exception> = {}): Exception => ({
  resource: "Workspace teaching",
  reason: "a test",
  ...more,
});

describe("an exception from a policy", () => {
  it("excuses the resource that it names, by kind and name or by URN, and no other", () => {
    assert.deepEqual(rulingOn([exception()], resource, "2026-11-28"), { excused: true });
    assert.deepEqual(rulingOn([exception({ resource: resource.urn })], resource, "2026-11-28"), { excused: true });
    for (const other of [
      "Workspace teach",
      "Workspace Teaching",
      "teaching",
      "BenchImage teaching",
      "",
      resource.urn.replace("dev", "prod"),
    ])
      assert.deepEqual(rulingOn([exception({ resource: other })], resource, "2026-11-28"), { excused: false });
  });

  it("applies on its last day, and has ended on the day after", () => {
    const list = [exception({ until: "2026-11-28" })];
    assert.deepEqual(rulingOn(list, resource, "2026-11-28"), { excused: true });
    assert.deepEqual(rulingOn(list, resource, "2026-11-29"), { excused: false, ended: "2026-11-28" });
  });

  it("applies if one of several does, and otherwise ended with the last of them", () => {
    const [first, second] = [exception({ until: "2026-11-28" }), exception({ until: "2027-01-31" })];
    assert.deepEqual(rulingOn([second, first], resource, "2026-12-24"), { excused: true });
    assert.deepEqual(rulingOn([second, first], resource, "2027-02-01"), { excused: false, ended: "2027-01-31" });
  });
});

describe("the policy pack", function () {
  this.timeout(60_000);

  it("type-checks against the package's classes", async () => {
    const tsc = path.resolve(__dirname, "../../../../node_modules/.bin/tsc");
    const { all, code } = await command(tsc, ["-p", ".", "--pretty", "false"], { cwd: folder, mayFail: true });
    assert.equal(code, 0, all);
  });

  it("has a page that names every policy and every setting", async () => {
    const page = await readFile(path.join(folder, "README.md"), "utf8");
    const code = await readFile(path.join(folder, "index.ts"), "utf8");
    const files = [...code.matchAll(/"\.\/policies\/([a-z-]+)"/g)].map(([, file = ""]) => file);
    assert.ok(files.length >= 8);
    for (const file of files) {
      const source = await readFile(path.join(folder, "policies", `${file}.ts`), "utf8");
      assert.match(source, new RegExp(`^ {2}name: "${file}",$`, "m"), "a policy has the name of its file");
      const level = /enforcementLevel: "(\w+)"/.exec(source)?.[1] ?? "";
      const row = page.split("\n").find((line) => line.startsWith(`| \`${file}\` |`)) ?? "";
      assert.ok(row.includes(`| ${level} |`), `README.md has a row for ${file} with its level, ${level}`);
      for (const [, setting = ""] of source.matchAll(/readonly (\w+):/g))
        if (setting !== "exceptions") assert.ok(row.includes(`\`${setting}\``), `and its setting ${setting}`);
    }
  });
});
