import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { Upload } from "@aws-sdk/lib-storage";
import type Dockerode from "dockerode";
import { connectDocker } from "../../../runtime/docker/connect";
import { at, awsOf, each, problemDetail, s3Client, TestEmulator, until, V4 } from "../support";
import { imageArchive, tar } from "./archives";

describe("Docker images on the emulator", () => {
  let ica: TestEmulator;
  let docker: Dockerode;
  let files = 0;

  before(async () => {
    docker = await connectDocker();
    ica = await TestEmulator.start();
  });
  after(() => ica.close());

  async function upload(content: Buffer | Readable, formatCode = "DOCKER"): Promise<string> {
    files += 1;
    const made = await ica.ok("POST", `${ica.data}:createFileWithTemporaryCredentials`, {
      body: { name: `image-${files}.tar.bz2`, folderPath: "/bench-images/", formatCode },
    });
    const aws = awsOf(at(made, "tempCredentials"));
    const client = s3Client(ica.emulator.s3Url, aws);
    await new Upload({ client, params: { Bucket: aws.bucket, Key: aws.objectPrefix, Body: content } }).done();
    return String(at(made, "data", "id"));
  }

  async function regionIds(): Promise<unknown[]> {
    return each(await ica.ok("GET", "/api/regions"), "items", "id");
  }

  async function register(dataId: string, changes: Record<string, unknown> = {}) {
    const [region] = await regionIds();
    return ica.call("POST", "/api/dockerImages:createInternal", {
      mediaType: V4,
      body: {
        dockerDataId: dataId,
        dockerDataProjectId: ica.emulator.projectId,
        name: `image-${randomBytes(4).toString("hex")}`,
        version: "1",
        type: "BENCH",
        regions: [region],
        ...changes,
      },
    });
  }

  const image = (id: unknown) => ica.ok("GET", `/api/dockerImages/${id}`, { mediaType: V4 });

  async function finished(id: unknown): Promise<unknown> {
    return until(`image ${id} is built`, async () => {
      const now = await image(id);
      return at(now, "status") === "PARTIAL" ? undefined : now;
    });
  }

  async function built(archive: Buffer | Readable): Promise<unknown> {
    const answer = await register(await upload(archive));
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    assert.equal(at(answer.body, "status"), "PARTIAL");
    return finished(at(answer.body, "id"));
  }

  const urlOf = (view: unknown) => String(at(view, "internalDockerImageSettings", "regions", 0, "url"));
  const tags = async () => (await docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);

  it("loads a plain tar under a name of its own", async () => {
    const view = await built(await imageArchive());
    assert.equal(at(view, "status"), "AVAILABLE", ica.log.join("\n"));
    assert.deepEqual(at(view, "benchSettings"), { clusterCompatible: false, access: { web: true, console: true } });
    assert.ok((await tags()).includes(urlOf(view)));
  });

  it("loads the output of docker save | bzip2", async () => {
    const original = urlOf(await built(await imageArchive({ text: randomBytes(300_000).toString("hex") })));
    const view = await built(bzip2(Readable.from(await docker.getImage(original).get())));
    assert.equal(at(view, "status"), "AVAILABLE", ica.log.join("\n"));
    const [saved, loaded] = await Promise.all([original, urlOf(view)].map((name) => docker.getImage(name).inspect()));
    assert.equal(loaded?.Id, saved?.Id);
  });

  it("loads the forms of newer engines, and layers that are links", async () => {
    const loaded = await Promise.all(
      [{ oci: true }, { linkedLayer: true }].map(async (form) => built(await imageArchive({ text: "forms", ...form }))),
    );
    assert.deepEqual(
      loaded.map((view) => at(view, "status")),
      ["AVAILABLE", "AVAILABLE"],
      ica.log.join("\n"),
    );
    assert.ok(!(await tags()).includes("someone/bench:1"));
  });

  it("neither creates nor moves the names in the archive", async () => {
    const first = urlOf(await built(await imageArchive({ text: "first" })));
    const { Id } = await docker.getImage(first).inspect();
    const repo = `pulumi-ica-test/${ica.emulator.instance}`;
    await docker.getImage(first).tag({ repo, tag: "known" });
    try {
      const repoTags = [`${repo}:known`, `${repo}:unknown`];
      const second = urlOf(await built(await imageArchive({ text: "second", repoTags })));
      assert.notEqual((await docker.getImage(second).inspect()).Id, Id);
      assert.equal((await docker.getImage(`${repo}:known`).inspect()).Id, Id, "the name means what it meant");
      assert.ok(!(await tags()).includes(`${repo}:unknown`));
    } finally {
      await docker.getImage(`${repo}:known`).remove();
    }
  });

  /** Others may use the same engine at the same time. */
  const ours = async () => (await tags()).filter((tag) => tag.includes(ica.emulator.instance)).sort();

  const bad: Record<string, { archive: () => Promise<Buffer>; reason: RegExp }> = {
    garbage: { archive: async () => randomBytes(5000), reason: /neither a tar archive nor one compressed with bzip2/ },
    "a bzip2 file that is cut off": {
      archive: async () =>
        (await buffer(bzip2(Readable.from([await imageArchive({ text: "long".repeat(50_000) })])))).subarray(0, 300),
      reason: /cannot be decompressed/,
    },
    "a tar that is cut off": { archive: async () => (await imageArchive()).subarray(0, 2500), reason: /damaged/ },
    "a tar of something else": { archive: () => tar({ "readme.txt": "hello" }), reason: /no manifest\.json/ },
    "an archive without its layer": {
      archive: () => imageArchive({ without: ["layer.tar"] }),
      reason: /not in the archive: layer/,
    },
    "an archive without its configuration": {
      archive: () => imageArchive({ without: ["config.json"] }),
      reason: /not in the archive/,
    },
    "an archive of two images": { archive: () => imageArchive({ images: 2 }), reason: /exactly one image/ },
    "an image for another machine": {
      archive: () => imageArchive({ architecture: "arm64" }),
      reason: /linux\/arm64; Bench runs linux\/amd64/,
    },
  };
  for (const [what, { archive, reason }] of Object.entries(bad)) {
    it(`ends in BUILDFAILED for ${what}, with the reason in the log`, async () => {
      const before = await ours();
      const view = await built(await archive());
      assert.equal(at(view, "status"), "BUILDFAILED");
      assert.match(ica.log.at(-1) ?? "", reason);
      assert.deepEqual(await ours(), before, "nothing was loaded");
    });
  }

  it("refuses a source that cannot be an image", async () => {
    problemDetail(await register("fil.00000000000000000000000000000000"), 400);
    const text = await upload(await imageArchive(), "TEXT");
    assert.match(problemDetail(await register(text), 400), /has format TEXT; change it to DOCKER/);
    const partial = await ica.ok("POST", `${ica.data}:createFile`, {
      body: { name: "partial.tar", formatCode: "DOCKER" },
    });
    assert.match(problemDetail(await register(String(at(partial, "data", "id"))), 409), /PARTIAL/);
    const good = await upload(await imageArchive());
    problemDetail(await register(good, { regions: ["00000000-0000-4000-8000-000000000000"] }), 400);
    problemDetail(await register(good, { dockerDataProjectId: "00000000-0000-4000-8000-000000000000" }), 404);
    problemDetail(await register(good, { type: "OTHER" }), 400);
  });

  it("refuses a second image with the same name and version, unless the first one failed", async () => {
    const bad = await register(await upload(randomBytes(2000)), { name: "twin" });
    await finished(at(bad.body, "id"));
    const source = await upload(await imageArchive());
    const [one, other] = await Promise.all([register(source, { name: "twin" }), register(source, { name: "twin" })]);
    assert.deepEqual([one?.status, other?.status].sort(), [201, 409]);
    assert.equal((await register(source, { name: "twin", version: "2" })).status, 201);
  });

  it("adds and removes regions", async () => {
    const view = await built(await imageArchive({ text: "regions" }));
    const address = `/api/dockerImages/${at(view, "id")}`;
    const codes = async () => {
      const settings = at(await image(at(view, "id")), "internalDockerImageSettings");
      return each(settings, "regions", "region", "code");
    };
    const body = { regionIds: (await regionIds()).slice(1) };
    assert.deepEqual(await codes(), ["use1"]);
    assert.equal((await ica.call("POST", `${address}:addRegions`, { mediaType: V4, body })).status, 204);
    assert.deepEqual(await codes(), ["use1", "euc1"]);
    assert.equal((await ica.call("POST", `${address}:removeRegions`, { mediaType: V4, body })).status, 204);
    assert.deepEqual(await codes(), ["use1"]);
  });

  it("keeps an external image as what it is", async () => {
    const create = (url: string) =>
      ica.call("POST", "/api/dockerImages:createExternal", {
        mediaType: V4,
        body: { url, name: "alpine", version: "3", type: "TOOL" },
      });
    problemDetail(await create("https://docker.io/alpine:3"), 400);
    const { status, body } = await create("docker.io/alpine:3");
    assert.equal(status, 201);
    assert.deepEqual(at(body, "externalDockerImageSettings"), { url: "docker.io/alpine:3" });
    const list = await ica.ok("GET", "/api/dockerImages", { mediaType: V4 });
    assert.ok(each(list, "items", "id").includes(at(body, "id")));
  });

  it("takes v4 only", async () => {
    problemDetail(
      await ica.call("GET", "/api/dockerImages", { headers: { Accept: "application/vnd.illumina.v3+json" } }),
      406,
    );
    const headers = { "Content-Type": "application/json" };
    problemDetail(
      await ica.call("POST", "/api/dockerImages:createExternal", { mediaType: V4, headers, body: {} }),
      415,
    );
  });

  it("removes its names from the engine when it is removed", async () => {
    const other = await TestEmulator.start();
    const [prefix, instance] = [`pulumi-ica/${ica.emulator.instance}/`, other.emulator.instance];
    await other.close();
    assert.ok(
      (await tags()).some((tag) => tag.startsWith(prefix)),
      "those of another emulator stay",
    );
    assert.ok(!(await tags()).some((tag) => tag.includes(instance)));
  });
});

function bzip2(source: Readable): Readable {
  const child = spawn("bzip2", ["-1"], { stdio: ["pipe", "pipe", "inherit"] });
  source.pipe(child.stdin);
  return child.stdout;
}
