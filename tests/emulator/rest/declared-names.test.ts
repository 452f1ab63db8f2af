import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { archiveName, archiveTags, nameTag } from "../../../provider/bench-image/identity";
import { checkDeclared } from "../../../provider/bench-image/inputs";
import { isKnown } from "../../../provider/inputs/unknown";
import { workspaceHandler } from "../../../provider/workspace/handler";
import { contextFor, type TestContext } from "../../support/context";
import { anyText } from "../../support/declared-texts";
import { contextHash, imageInputs } from "../../support/factories";
import { knownWorkspace } from "../../support/known";
import { at, TestEmulator } from "../support";

const runs = { numRuns: 60 };

describe("a name that preview takes", function () {
  this.timeout(60_000);
  let ica: TestEmulator;
  let context: TestContext;
  let image: string;

  before(async () => {
    ica = await TestEmulator.start({ containers: false, transitionMs: 0 });
    context = {
      ...contextFor(`${ica.emulator.url}/ica/rest`, { apiKey: ica.apiKey, projectId: ica.emulator.projectId }),
    };
    const body = { url: "example.org/image:1", name: "image", version: "1", type: "BENCH" };
    const mediaType = "application/vnd.illumina.v4+json";
    image = String(at(await ica.ok("POST", "/api/dockerImages:createExternal", { body, mediaType }), "id"));
  });

  after(() => ica?.close());

  const declared = (name: string) => ({
    name,
    image,
    resourceModel: "standard-small",
    storageGb: 10,
    access: { web: true },
    network: "public",
  });

  it("goes through all the life of a workspace: made, found, read, changed, deleted", async () => {
    const { workspaces } = context.client;
    const { projectId } = ica.emulator;
    await fc.assert(
      fc.asyncProperty(anyText(), anyText(), async (name, renamed) => {
        const { inputs, failures } = await workspaceHandler.check(context, declared(name), undefined);
        fc.pre(failures.length === 0);
        const made = knownWorkspace(inputs);
        const { id, state } = await workspaceHandler.create(context, made);
        try {
          assert.equal((await workspaces.findByName(projectId, name))?.id, id);
          assert.equal((await workspaceHandler.read(context, id, state))?.inputs.name, name);
          const next = await workspaceHandler.check(context, declared(renamed), made);
          if (next.failures.length === 0) {
            await workspaceHandler.update(context, id, state, knownWorkspace(next.inputs));
            assert.equal((await workspaces.findByName(projectId, renamed))?.id, id);
          }
        } finally {
          await workspaceHandler.delete(context, id, state);
        }
        assert.equal((await workspaces.listed(projectId, name)).length, 0);
      }),
      runs,
    );
  });

  it("goes through all the life of an archive: made, found by path and by tag, deleted", async () => {
    const { projectData } = context.client;
    const { projectId } = ica.emulator;
    const inside = fc.oneof(fc.constant("bench-images"), anyText(20));
    await fc.assert(
      fc.asyncProperty(anyText(255), anyText(255), inside, async (name, version, folder) => {
        const args = { name, version, folder: `/${folder}/`, image: "i:1", access: { web: true } };
        const { inputs, failures } = checkDeclared(context.config, args);
        fc.pre(failures.length === 0);
        assert.ok(isKnown(inputs));
        const whole = imageInputs({ ...inputs, version, build: undefined });
        const file = { name: archiveName(whole), folderPath: whole.folder, formatCode: "DOCKER" };
        const { datum } = await projectData.createFileWithCredentials(projectId, file, randomUUID());
        try {
          const [found] = await projectData.findByPath(projectId, `${whole.folder}${file.name}`);
          assert.equal(found?.data.id, datum.data.id);
          assert.ok(found?.data.details);
          const tags = { technicalTags: archiveTags(whole, undefined, undefined) };
          await projectData.update({ ...found, data: { ...found.data, details: { ...found.data.details, tags } } });
          assert.equal((await projectData.findByTag(projectId, nameTag(name)))[0]?.data.id, datum.data.id);
        } finally {
          await projectData.delete(projectId, datum.data.id);
        }
      }),
      runs,
    );
  });

  it("gives every image an archive of its own", () => {
    const pair = fc.tuple(anyText(255), anyText(255));
    const path = ([name, version]: [string, string]) =>
      archiveName(imageInputs({ name, version, contextHash })).toLowerCase();
    const alike = fc.constantFrom<[string, string]>(
      ...(["😀", "é", "è", "RStudio", "rstudio", "a b", "a_b"] as const).map((name): [string, string] => [name, "1"]),
      ["a-b", "c"],
      ["a", "b-c"],
      ["a".repeat(254), "1"],
      ["a".repeat(255), "1"],
    );
    const any = fc.oneof(pair, alike);
    fc.assert(
      fc.property(any, any, (one, other) => {
        assert.ok(path(one).length <= 255, path(one));
        assert.equal(path(one) === path(other), one[0] === other[0] && one[1] === other[1]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a correctly encoded value", function () {
  this.timeout(60_000);
  let ica: TestEmulator;

  before(async () => {
    ica = await TestEmulator.start({ containers: false });
  });

  after(() => ica?.close());

  /** The ways to write a value in a query that all mean the same (RFC 3986, and forms for the space). */
  const encodings: readonly ((value: string) => string)[] = [
    encodeURIComponent,
    (value) => new URLSearchParams({ x: value }).toString().slice(2),
    (value) =>
      encodeURIComponent(value).replace(/%(?:24|2B|2C|2F|3A|3B|3D|3F|40)/g, (code) =>
        code === "%2B" ? code : decodeURIComponent(code),
      ),
    (value) => [...Buffer.from(value)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  ];
  const whole = anyText().filter((text) => Buffer.from(text).toString() === text);

  for (const [call, parameter, mediaType] of [
    ["/workspaces", "name", "application/vnd.illumina.v4+json"],
    ["/data", "filePath", "application/vnd.illumina.v3+json"],
    ["/data", "id", "application/vnd.illumina.v3+json"],
    ["/data", "formatId", "application/vnd.illumina.v3+json"],
    ["/data", "formatCode", "application/vnd.illumina.v3+json"],
    ["/data", "userTag", "application/vnd.illumina.v3+json"],
    ["/data", "technicalTag", "application/vnd.illumina.v3+json"],
  ] as const) {
    it(`of the query is taken by GET ${call}, as ${parameter}`, async () => {
      await fc.assert(
        fc.asyncProperty(whole, fc.constantFrom(...encodings), async (value, encode) => {
          const address = `/api/projects/${ica.emulator.projectId}${call}?${parameter}=${encode(value)}`;
          await ica.ok("GET", address, { mediaType });
        }),
        runs,
      );
    });
  }

  it("of the path is an id that is not there", async () => {
    await fc.assert(
      fc.asyncProperty(
        // An address cannot hold these two: they are steps in the path, encoded or not.
        whole.filter((text) => text !== "." && text !== ".."),
        async (id) => {
          const address = `/api/projects/${ica.emulator.projectId}/workspaces/${encodeURIComponent(id)}`;
          const mediaType = "application/vnd.illumina.v4+json";
          assert.equal((await ica.call("GET", address, { mediaType })).status, 404, address);
        },
      ),
      runs,
    );
  });
});
