import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Facts } from "../../../cli/preview/facts";
import { addLocalFacts } from "../../../cli/preview/local-images";
import { readContents } from "../../../provider/build-context/hash";
import { dynamicType } from "../../../sdk/machinery/type-token";

describe("the facts about images of a digest", () => {
  let folder: string;
  const urn = `urn:pulumi:dev::team::${dynamicType("BenchImage")}::page`;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "pulumi-ica-digest-"));
    await writeFile(path.join(folder, "Dockerfile"), "FROM debian:bookworm\nUSER root\n");
  });

  after(() => rm(folder, { recursive: true, force: true }));

  async function factsAfter(outputs: Record<string, unknown>): Promise<Facts> {
    const build = { context: folder };
    const { contextHash } = await readContents({ ...build, secrets: [] });
    const side = (inputs: object, outs: object = {}) => ({
      inputs: { ...inputs },
      outputs: { ...outs },
      retainOnDelete: false,
    });
    const facts = new Facts();
    const step = { op: "replace", urn, type: dynamicType("BenchImage"), fields: [] };
    const sides = {
      before: side({}, { name: "page", contextHash: "old", ...outputs }),
      after: side({ build, contextHash }),
    };
    await addLocalFacts({ steps: [{ ...step, ...sides }] }, facts, folder);
    return facts;
  }

  it("say why the image is built again", async () => {
    const facts = await factsAfter({ build: { context: folder, args: { R: "4" } } });
    assert.deepEqual(facts.rebuild(urn), [
      { kind: "declared", field: "build.args.R", what: "removed" },
      { kind: "noRecord" },
    ]);
    assert.notEqual(facts.findings().length, 0);
  });

  for (const build of [null, "[secret]", 5, { context: 1 }, { context: "x", args: "[secret]" }])
    it(`give no reasons when the previous build cannot be read: ${JSON.stringify(build)}`, async () => {
      const facts = await factsAfter({ build });
      assert.equal(facts.rebuild(urn), undefined);
      assert.notEqual(facts.findings().length, 0);
    });

  it("read a record of another form as none", async () => {
    const facts = await factsAfter({ build: { context: folder }, __contextDigest: { files: 5 } });
    assert.deepEqual(facts.rebuild(urn), [{ kind: "noRecord" }]);
  });
});
