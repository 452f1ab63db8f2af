import assert from "node:assert/strict";
import { openApiDocument, openapiPath } from "../../../emulator/http/openapi";
import { TestEmulator, V4 } from "../support";

describe("the OpenAPI document of the emulator", () => {
  it("has every call of both documents, and no reference leads nowhere", () => {
    const both = openApiDocument(true);
    const documented = openApiDocument(false);
    const added = Object.keys(both.paths).filter((path) => !(path in documented.paths));
    assert.ok(added.length > 0 && added.every((path) => path.includes("/workspaces")), added.join(", "));
    const references = JSON.stringify(both).match(/#\/components\/\w+\/\w+/g) ?? [];
    assert.ok(references.length > 50);
    for (const reference of references) {
      const [, , kind = "", name = ""] = reference.split("/");
      assert.ok(both.components[kind]?.[name] !== undefined, `${reference} leads nowhere`);
    }
  });

  it("keeps parts apart that both documents have under one name", () => {
    const { schemas = {} } = openApiDocument(true).components;
    assert.notDeepEqual(schemas.Problem, schemas.WorkspaceCallsProblem);
    assert.deepEqual(schemas.Problem, openApiDocument(false).components.schemas?.Problem);
  });

  for (const workspaces of [true, false]) {
    describe(workspaces ? "with workspaces" : "without workspaces", () => {
      let server: TestEmulator;
      before(async () => {
        server = await TestEmulator.start({ workspaces });
      });
      after(() => server.close());

      it("is served to everybody, and can only be read", async () => {
        const answer = await fetch(server.emulator.url + openapiPath);
        assert.equal(answer.status, 200);
        assert.deepEqual(await answer.json(), JSON.parse(JSON.stringify(openApiDocument(workspaces))));
        assert.equal((await fetch(server.emulator.url + openapiPath, { method: "POST" })).status, 404);
      });

      it(`${workspaces ? "describes" : "does not describe"} calls that ${workspaces ? "are" : "are not"} there`, async () => {
        const collection = `/api/projects/${server.emulator.projectId}/workspaces`;
        const calls = [
          ["GET", collection],
          ["POST", collection],
          ["GET", `${collection}/x`],
          ["PUT", `${collection}/x`],
          ["POST", `${collection}/x:start`],
          ["POST", `${collection}/x:delete`],
        ] as const;
        for (const [method, path] of calls) {
          const { status, body, headers } = await server.call(method, path, {
            mediaType: V4,
            ...(method === "GET" ? {} : { body: {} }),
          });
          const said = JSON.stringify(body);
          if (workspaces) {
            assert.doesNotMatch(said, /There is no [A-Z]+ \/ica/, `${method} ${path}: ${status}`);
          } else {
            assert.equal(status, 404, `${method} ${path}: ${said}`);
            assert.match(said, /There is no [A-Z]+ \/ica\/rest\/api\/projects/);
            assert.match(headers.get("Content-Type") ?? "", /problem\+json/);
          }
        }
        const images = await server.call("GET", "/api/dockerImages", { mediaType: V4 });
        assert.equal(images.status, 200, "images are served in any case");
      });
    });
  }
});
