import assert from "node:assert/strict";
import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { at, awsOf, call, each, problemDetail, TestEmulator } from "../support";

describe("project data on the emulator", () => {
  let ica: TestEmulator;
  before(async () => {
    ica = await TestEmulator.start();
  });
  after(() => ica.close());

  const createFile = (body: Record<string, unknown>, headers: Record<string, string> = {}) =>
    ica.call("POST", `${ica.data}:createFile`, { body, headers });
  const idOf = (body: unknown) => String(at(body, "data", "id"));
  const list = (query: string) => ica.ok("GET", `${ica.data}?${query}`);
  const paths = (page: unknown) => each(page, "items", "data", "details", "path");

  it("creates a file, with the missing folders of its path", async () => {
    const { status, body } = await createFile({ name: "a.tar.bz2", folderPath: "/one/two/", formatCode: "DOCKER" });
    assert.equal(status, 201);
    assert.match(idOf(body), /^fil\.[0-9a-f]{32}$/);
    const details = at(body, "data", "details");
    assert.equal(at(details, "path"), "/one/two/a.tar.bz2");
    assert.equal(at(details, "status"), "PARTIAL");
    assert.equal(at(details, "format", "code"), "DOCKER");
    assert.deepEqual(paths(await list("filePath=/one/&type=FOLDER")), ["/one/", "/one/two/"]);
  });

  it("chooses a format for a file without one, and refuses one that is not there", async () => {
    const { body } = await createFile({ name: "Reads.FASTQ.gz" });
    assert.equal(at(body, "data", "details", "format", "code"), "FASTQ");
    assert.match(problemDetail(await createFile({ name: "b", formatCode: "NONE" }), 400), /no data format NONE/);
  });

  it("creates files by the deprecated call and in a folder by id", async () => {
    const folder = await ica.call("POST", ica.data, { body: { name: "folder", dataType: "FOLDER" } });
    assert.equal(folder.status, 201);
    assert.ok(folder.headers.get("etag"));
    const file = await ica.ok("POST", ica.data, { body: { name: "f", dataType: "FILE", folderId: idOf(folder.body) } });
    assert.equal(at(file, "data", "details", "path"), "/folder/f");
    problemDetail(await createFile({ name: "g", folderId: idOf(file) }), 400);
    problemDetail(await createFile({ name: "g", folderId: idOf(folder.body), folderPath: "/folder/" }), 400);
    problemDetail(await createFile({ name: "g", folderId: "fol.0" }), 404);
  });

  it("refuses names that could lead elsewhere", async () => {
    for (const name of ["", "..", ".", "a/b", "new\nline", "x".repeat(256)]) {
      problemDetail(await createFile({ name }), 400);
    }
    problemDetail(await createFile({ name: "a", folderPath: "/../" }), 400);
  });

  it("does not create a second file at the same path", async () => {
    const first = await createFile({ name: "once.txt" });
    const again = await createFile({ name: "once.txt" });
    assert.match(problemDetail(again, 409), new RegExp(`${idOf(first.body)}, PARTIAL.*credentials`));
    const both = await Promise.all([createFile({ name: "race.txt" }), createFile({ name: "race.txt" })]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [201, 409]);
  });

  it("finds data by whole path or by its beginning, in upper or lower case", async () => {
    await createFile({ name: "Find.Me", folderPath: "/search/" });
    await createFile({ name: "Find.Me.Not", folderPath: "/search/" });
    const whole = "filePathMatchMode=FULL_CASE_INSENSITIVE";
    assert.deepEqual(paths(await list(`filePath=/SEARCH/find.me&${whole}`)), ["/search/Find.Me"]);
    assert.deepEqual(paths(await list("filePath=/search/find.me")), ["/search/Find.Me", "/search/Find.Me.Not"]);
    assert.deepEqual(paths(await list("filePath=/search/&status=AVAILABLE")), ["/search/"]);
    assert.deepEqual(paths(await list("parentFolderPath=/search/")), ["/search/Find.Me", "/search/Find.Me.Not"]);
    assert.deepEqual(paths(await list(`filePath=/search/Find.Me&filePath=/search/&${whole}`)), [
      "/search/",
      "/search/Find.Me",
    ]);
  });

  it("finds data by name, by folder and by time of creation", async () => {
    const folder = await ica.ok("POST", ica.data, { body: { name: "found", dataType: "FOLDER" } });
    const made: unknown[] = [];
    for (const name of ["one.txt", "two.txt", "TWO.csv"]) {
      made.push((await createFile({ name, folderPath: "/found/" })).body);
    }
    const found = async (query: string) => paths(await list(`parentFolderPath=/found/&${query}`));
    assert.deepEqual(await found("filename=two.txt"), ["/found/two.txt"]);
    assert.deepEqual(await found("filename=two&filenameMatchMode=FUZZY"), ["/found/two.txt", "/found/TWO.csv"]);
    assert.deepEqual(await found("filename=two.txt&filenameMatchMode=EXCLUDE"), ["/found/one.txt", "/found/TWO.csv"]);
    assert.deepEqual(paths(await list(`parentFolderId=${idOf(folder)}`)), [
      "/found/one.txt",
      "/found/two.txt",
      "/found/TWO.csv",
    ]);
    const time = String(at(made[1], "data", "details", "timeCreated"));
    const earlier = new Date(Date.parse(time) - 60_000).toISOString();
    assert.equal((await found(`creationDateAfter=${earlier}`)).length, 3);
    assert.equal((await found(`creationDateBefore=${earlier}`)).length, 0);
    assert.ok(!(await found(`creationDateAfter=${time}`)).includes("/found/two.txt"));
    problemDetail(await ica.call("GET", `${ica.data}?creationDateAfter=yesterday`), 400);
  });

  it("pages by token: each row once, although rows come and go", async () => {
    for (let n = 0; n < 5; n++) {
      await createFile({ name: `${n}`, folderPath: "/pages/" });
    }
    const query = "parentFolderPath=/pages/&pageSize=2";
    const first = await list(query);
    const rows = at(first, "items");
    assert.ok(Array.isArray(rows));
    await ica.ok("POST", `${ica.data}/${idOf(rows[0])}:delete`);
    const second = await list(`${query}&pageToken=${at(first, "nextPageToken")}`);
    const third = await list(`${query}&pageToken=${at(second, "nextPageToken")}`);
    assert.deepEqual(
      [first, second, third].flatMap(paths),
      ["0", "1", "2", "3", "4"].map((name) => `/pages/${name}`),
    );
    assert.equal(at(third, "nextPageToken"), "");
    assert.equal(at(await list(`${query}&pageOffset=1`), "totalItemCount"), 4);
  });

  it("changes format and tags, and keeps the kinds of tags that are not named", async () => {
    const { body } = await createFile({ name: "change.tar" });
    const put = (details: Record<string, unknown>) =>
      ica.call("PUT", `${ica.data}/${idOf(body)}`, {
        body: {
          projectId: ica.emulator.projectId,
          data: { id: idOf(body), details: { ...Object(at(body, "data", "details")), ...details } },
        },
      });
    const formats = await ica.ok("GET", "/api/dataFormats?pageSize=1000");
    const items = at(formats, "items");
    assert.ok(Array.isArray(items));
    const docker = items.find((item) => at(item, "code") === "DOCKER");
    const tagged = await put({ format: docker, tags: { userTags: ["hash=1"] } });
    assert.equal(tagged.status, 200);
    assert.equal(at(tagged.body, "data", "details", "format", "code"), "DOCKER");
    const again = await put({ tags: { technicalTags: ["t"] } });
    assert.deepEqual(at(again.body, "data", "details", "tags", "userTags"), ["hash=1"]);
    assert.notEqual(again.headers.get("etag"), tagged.headers.get("etag"));
    assert.deepEqual(paths(await list("userTag=hash=1")), ["/change.tar"]);
    await put({ format: docker, tags: { technicalTags: ["pulumi-ica:version=1"] } });
    assert.deepEqual(paths(await list("technicalTag=pulumi-ica:version=1&technicalTagMatchMode=EXACT")), [
      "/change.tar",
    ]);
    assert.deepEqual(paths(await list("technicalTag=pulumi-ica:version=12&technicalTagMatchMode=EXACT")), []);
    problemDetail(await put({ format: { ...Object(docker), id: "00000000-0000-4000-8000-000000000000" } }), 400);
  });

  it("deletes a folder with all that is in it", async () => {
    await createFile({ name: "deep", folderPath: "/doomed/inner/" });
    const folder = at(await list("filePath=/doomed/&filePathMatchMode=FULL_CASE_INSENSITIVE"), "items", 0);
    assert.equal((await ica.call("POST", `${ica.data}/${idOf(folder)}:delete`)).status, 204);
    assert.deepEqual(paths(await list("filePath=/doomed/")), []);
    problemDetail(await ica.call("GET", `${ica.data}/${idOf(folder)}`), 404);
  });

  it("gives credentials in rclone's form, and in none for a folder", async () => {
    const { body } = await createFile({ name: "rclone.bin", folderPath: "/r/" });
    const credentials = (id: string) =>
      ica.call("POST", `${ica.data}/${id}:createTemporaryCredentials`, { body: { credentialsFormat: "RCLONE" } });
    const given = (await credentials(idOf(body))).body;
    assert.equal(at(given, "rcloneTempCredentials", "storageType"), "s3");
    const folder = at(await list("filePath=/r/&type=FOLDER"), "items", 0);
    problemDetail(await credentials(idOf(folder)), 400);
  });

  describe("with an Idempotency-Key", () => {
    const key = (value: string) => ({ "Idempotency-Key": value });

    it("replays a success, and creates nothing twice", async () => {
      const first = await createFile({ name: "idem.txt" }, key("a"));
      const second = await createFile({ name: "idem.txt" }, key("a"));
      assert.equal(second.status, 201);
      assert.deepEqual(second.body, first.body);
    });

    it("refuses another body under the same key, and accepts the key for another call", async () => {
      await createFile({ name: "idem-1.txt" }, key("b"));
      problemDetail(await createFile({ name: "idem-2.txt" }, key("b")), 422);
      const other = await ica.call("POST", ica.data, { body: { name: "idem-3", dataType: "FILE" }, headers: key("b") });
      assert.equal(other.status, 201);
    });

    it("answers 409 while the first call runs", async () => {
      const calls = await Promise.all(Array.from({ length: 5 }, () => createFile({ name: "idem-slow.txt" }, key("c"))));
      const statuses = calls.map(({ status }) => status);
      assert.ok(
        statuses.includes(201) && statuses.every((status) => status === 201 || status === 409),
        String(statuses),
      );
      assert.equal(paths(await list("filePath=/idem-slow.txt")).length, 1);
    });

    it("lets a call that failed be tried again", async () => {
      problemDetail(await createFile({ name: "idem-4.txt", formatCode: "NONE" }, key("d")), 400);
      assert.equal((await createFile({ name: "idem-4.txt" }, key("d"))).status, 201);
    });

    it("refuses a key that is too long", async () => {
      problemDetail(await createFile({ name: "idem-5.txt" }, key("x".repeat(256))), 400);
    });

    it("creates nothing twice after a crash between the work and its record", async () => {
      const one = await TestEmulator.start();
      const create = (baseUrl: string) =>
        call(baseUrl, "POST", `${one.data}:createFile`, {
          body: { name: "crash.bin" },
          headers: { "X-API-Key": one.apiKey, ...key("f") },
        });
      const before = await create(one.emulator.url);
      await one.emulator.close();
      await rm(path.join(one.dir, "store", "idempotency"), { recursive: true });
      const two = await TestEmulator.start({ dir: one.dir });
      const after = await create(two.emulator.url);
      assert.equal(after.status, 201);
      assert.equal(idOf(after.body), idOf(before.body));
      await two.close();
    });

    it("replays after a restart, with new credentials, and none of them on disk", async () => {
      const one = await TestEmulator.start();
      const create = (baseUrl: string) =>
        call(baseUrl, "POST", `${one.data}:createFileWithTemporaryCredentials`, {
          body: { name: "idem.bin" },
          headers: { "X-API-Key": one.apiKey, ...key("e") },
        });
      const before = (await create(one.emulator.url)).body;
      await one.emulator.close();
      const two = await TestEmulator.start({ dir: one.dir });
      const after = (await create(two.emulator.url)).body;
      assert.equal(idOf(after), idOf(before));
      const secrets = [before, after].map((body) => awsOf(at(body, "tempCredentials")));
      const texts = await everyFile(one.dir);
      for (const secret of [
        one.apiKey,
        ...secrets.flatMap(({ secretKey, sessionToken }) => [secretKey, sessionToken]),
      ]) {
        assert.ok(!texts.some((text) => text.includes(secret)), "no secret in any file");
      }
      await two.close();
    });
  });
});

async function everyFile(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => readFile(path.join(entry.parentPath, entry.name), "utf8")),
  );
}
