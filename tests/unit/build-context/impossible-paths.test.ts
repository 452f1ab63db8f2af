import assert from "node:assert/strict";
import { valueProblems } from "../../../provider/value-problems";
import { makeContext, removeContext } from "../../support/context-folder";
import { Contexts, dockerfile } from "../contract/case";

/** Paths at which nothing can be, though each is another error of the system than a missing file. */
const impossible = {
  "is too long": "x".repeat(300),
  "leads through a file": "notes.txt/x",
  "leads in a circle": "circle",
};
const files = { "notes.txt": "", circle: { link: "circle" }, "ica_start.sh": "#!/bin/bash\nwait\n" };

describe("a path that nothing can have, because it", () => {
  let folder: string;
  const contexts = new Contexts();
  before(async () => {
    folder = await makeContext(files);
  });
  after(async () => {
    await removeContext(folder);
    await contexts.removeAll();
  });

  for (const [what, path] of Object.entries({ ...impossible, "holds a NUL": "a\0b" })) {
    it(`${what}, is a problem of the context, and does not end the program that declares it`, () => {
      const context = `${folder}/${path}`;
      const found = valueProblems("BenchImage", { name: "page", build: { context }, access: { web: true } });
      assert.deepEqual([...new Set(found.map(({ property }) => property))], ["build.context"]);
    });
  }

  for (const [what, path] of Object.entries(impossible)) {
    it(`${what}, is a file that COPY does not find`, async () => {
      const source = dockerfile({ more: `COPY ${path} /opt/` });
      const found = await contexts.check({ what, dockerfile: source, files });
      assert.deepEqual(
        found.map(({ code }) => code),
        path === "circle" ? [] : ["ICA018"],
        found.map(({ message }) => message).join("\n"),
      );
    });
  }
});
