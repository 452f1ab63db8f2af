import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import type Dockerode from "dockerode";
import { z } from "zod";
import { connectDocker } from "../../../runtime/docker/connect";
import { benchImage, leftovers, sh } from "../../runtime/support";
import { at, awsOf, s3Client, TestEmulator, until } from "../support";
import { Calls, settings, temporaryFolder } from "../workspaces/support";

const listed = z.object({
  items: z.array(
    z.object({
      data: z.object({
        id: z.string(),
        details: z.object({
          path: z.string(),
          status: z.string(),
          fileSizeInBytes: z.number().optional(),
          objectETag: z.string().optional(),
          format: z.object({ code: z.string() }).optional(),
        }),
      }),
    }),
  ),
});
type Details = z.infer<typeof listed>["items"][number]["data"]["details"];

describe("/data/project of a workspace", function () {
  this.timeout(120_000);
  let docker: Dockerode;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: TestEmulator;
  let calls: Calls;
  let id: string;
  let container: string;

  before(async () => {
    docker = await connectDocker();
    folder = await temporaryFolder();
    server = await TestEmulator.start({ dir: folder.dir, apiKey: "a-key-that-tests-know" });
    await upload("before.txt", "was there before", "/in/a folder/");
    calls = new Calls(server.emulator.url, server.apiKey, server.emulator.projectId);
    const imageId = await calls.image(await benchImage(docker), "bench");
    ({ id } = await calls.create(settings(imageId, { access: { web: false, console: false } })));
    await calls.start(id);
    await calls.becomes(id, "Running");
    const [found] = await docker.listContainers({
      filters: { label: [`pulumi-ica.workspace=${id}`, "pulumi-ica=workspace"] },
    });
    container = String(found?.Id);
  });

  after(async () => {
    const { instance } = server.emulator;
    await server.close();
    assert.deepEqual(await leftovers(docker, instance), []);
    await folder.remove();
  });

  const inside = (command: string) => sh(docker, container, command);

  async function upload(name: string, content: string, folderPath = "/"): Promise<string> {
    const body = { name, folderPath };
    const made = await server.ok("POST", `${server.data}:createFileWithTemporaryCredentials`, { body });
    const aws = awsOf(at(made, "tempCredentials"));
    const put = new PutObjectCommand({ Bucket: aws.bucket, Key: aws.objectPrefix, Body: content });
    await s3Client(server.emulator.s3Url, aws).send(put);
    return String(at(made, "data", "id"));
  }

  async function find(dataPath: string): Promise<(Details & { id: string }) | undefined> {
    const query = `filePath=${encodeURIComponent(dataPath)}&filePathMatchMode=FULL_CASE_INSENSITIVE`;
    const { items } = listed.parse(await server.ok("GET", `${server.data}?${query}`));
    const [found] = items.filter(({ data }) => data.details.path === dataPath);
    return found === undefined ? undefined : { id: found.data.id, ...found.data.details };
  }

  const appears = (dataPath: string, size: number) =>
    until(`${dataPath} is data of ${size} bytes`, async () => {
      const found = await find(dataPath);
      return found?.status === "AVAILABLE" && found.fileSizeInBytes === size ? found : undefined;
    });
  const vanishes = (dataPath: string) =>
    until(`${dataPath} is no data any more`, async () => ((await find(dataPath)) === undefined ? true : undefined));
  const shows = (command: string, wanted: string) =>
    until(`inside, ${command} gives ${wanted}`, async () => ((await inside(command)) === wanted ? true : undefined));

  async function contentOf(dataId: string): Promise<string> {
    const { awsTempCredentials: aws } = z
      .object({ awsTempCredentials: z.object({ bucket: z.string(), objectPrefix: z.string() }) })
      .parse(await server.ok("POST", `${server.data}/${dataId}:createTemporaryCredentials`, { body: {} }));
    return readFile(path.join(folder.dir, "objects", aws.bucket, `${aws.objectPrefix}._S3rver_object`), "utf8");
  }

  it("shows what the project had before, as the user's own", async () => {
    assert.equal(await inside("cat '/data/project/in/a folder/before.txt'"), "was there before");
    const places = ". in 'in/a folder' 'in/a folder/before.txt'";
    assert.equal(
      await inside(`cd /data/project && for each in ${places}; do test -w "$each" || echo "$each"; done`),
      "",
    );
    // a user who is not root cannot change the owner, and opens the folder to all instead
    if (process.getuid?.() === 0) {
      const owners = await inside(`cd /data/project && stat -c '%u:%g %a' ${places}`);
      assert.equal(owners, "1000:100 755\n1000:100 755\n1000:100 755\n1000:100 644");
    }
  });

  it("shows what is uploaded, and loses what is deleted in the project", async () => {
    const dataId = await upload("later.txt", "came later");
    await shows("cat /data/project/later.txt 2>/dev/null", "came later");
    await server.ok("POST", `${server.data}/${dataId}:delete`);
    await shows("ls /data/project/later.txt 2>/dev/null", "");
  });

  it("shows no upload that is not complete", async () => {
    await server.ok("POST", `${server.data}:createFile`, { body: { name: "half.txt" } });
    await upload("whole.txt", "whole");
    await shows("cat /data/project/whole.txt 2>/dev/null", "whole");
    assert.equal(await inside("ls /data/project/half.txt 2>/dev/null"), "");
  });

  it("turns files that are written in it into data of the project, with its folders, size, ETag and format", async () => {
    await inside("mkdir -p /data/project/results/deep && printf 'a,b\\n' > /data/project/results/deep/table.csv");
    const table = await appears("/results/deep/table.csv", 4);
    assert.equal(table.objectETag, createHash("md5").update("a,b\n").digest("hex"));
    assert.equal(table.format?.code, "CSV");
    assert.equal(await contentOf(table.id), "a,b\n");
    assert.equal((await find("/results/deep/"))?.status, "AVAILABLE");
    await inside("mkdir /data/project/empty");
    await until("an empty folder is data too", async () => (await find("/empty/")) !== undefined || undefined);
  });

  it("takes new content under the same id, and removes what is deleted from the project", async () => {
    await inside("printf one > /data/project/changed.txt");
    const first = await appears("/changed.txt", 3);
    await inside("printf 'and two' >> /data/project/changed.txt");
    const second = await appears("/changed.txt", 10);
    assert.equal(second.id, first.id);
    assert.equal(await contentOf(second.id), "oneand two");
    await inside("mv /data/project/changed.txt /data/project/moved.txt");
    await appears("/moved.txt", 10);
    await vanishes("/changed.txt");
    await inside("rm -r /data/project/results");
    await vanishes("/results/deep/table.csv");
    await vanishes("/results/");
    assert.equal((await server.call("GET", `${server.data}/${second.id}`)).status, 404);
  });

  it("follows no link out of itself, in either direction", async () => {
    const secret = path.join(folder.dir, "secret");
    await writeFile(secret, "of the machine");
    await inside(
      `cd /data/project && ln -s ${secret} stolen && ln -s ${folder.dir} machine && mkfifo pipe && ln -s /nowhere dangling && printf x > after-links`,
    );
    await appears("/after-links", 1);
    for (const each of ["/stolen", "/machine", "/machine/", "/machine/secret", "/pipe", "/dangling"]) {
      assert.equal(await find(each), undefined, each);
    }
    await upload("secret", "overwritten", "/machine/");
    await upload("through", "the link");
    await shows("cat /data/project/through 2>/dev/null", "the link");
    assert.equal(await readFile(secret, "utf8"), "of the machine");
    assert.match(server.log.join("\n"), /"\/data\/project\/stolen" is neither file nor folder.*left out/);
    await inside("cd /data/project && rm machine stolen pipe dangling");
    await shows("cat /data/project/machine/secret 2>/dev/null", "overwritten");
  });

  it("takes any name that data can have, and leaves out the others", async () => {
    const name = "ünï cödé 'quoted' \"twice\" $(id) %41 \\ * ?";
    await inside(
      `printf named > "/data/project/${name.replace(/["\\$`]/g, "\\$&")}"; printf x > $'/data/project/new\\nline'`,
    );
    await appears(`/${name}`, 5);
    assert.equal((await find("/new\nline")) ?? "left out", "left out");
  });

  it("has what was written right before the stop, also after a restart of the emulator", async () => {
    await inside("printf 'last words' > /data/project/last.txt");
    await calls.stop(id);
    await calls.becomes(id, "Stopped");
    const last = await find("/last.txt");
    assert.deepEqual([last?.status, last?.fileSizeInBytes], ["AVAILABLE", 10]);

    await server.emulator.close();
    server = await TestEmulator.start({ dir: folder.dir, apiKey: "a-key-that-tests-know" });
    calls = new Calls(server.emulator.url, server.apiKey, server.emulator.projectId);
    assert.equal((await find("/last.txt"))?.id, last?.id);
    await server.ok("POST", `${server.data}/${last?.id}:delete`);
    await calls.start(id);
    await calls.becomes(id, "Running");
    const [found] = await docker.listContainers({
      filters: { label: [`pulumi-ica.workspace=${id}`, "pulumi-ica=workspace"] },
    });
    container = String(found?.Id);
    assert.equal(await inside("ls /data/project/last.txt 2>/dev/null"), "", "deleted while it did not run");
    assert.equal(await inside("cat '/data/project/in/a folder/before.txt'"), "was there before");
    assert.equal((await find("/in/a folder/before.txt"))?.status, "AVAILABLE");
  });
});
