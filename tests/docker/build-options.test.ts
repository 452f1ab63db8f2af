import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { chmod } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { readableOf } from "../../provider/bytes/stream";
import { ArchiveLook, type SeenImage } from "../../provider/docker/archive-look";
import { BuildSpecError } from "../../provider/docker/build-args";
import { Docker } from "../../provider/docker/cli";
import { base, TestImages } from "./images";

const platform = "linux/amd64";

describe("the options of a build", function () {
  this.timeout(120_000);
  const images = new TestImages();
  let docker: Docker;

  before(async () => {
    docker = await images.docker();
  });
  after(() => images.removeAll());

  it("let RUN reach nothing with network none", async () => {
    const context = await images.folder({
      Dockerfile: `FROM ${base}\nRUN tail -n +3 /proc/net/dev | cut -d: -f1 | xargs > /interfaces\n`,
    });
    const tag = images.tag();
    await docker.build({ context, tag, platform, network: "none" });
    assert.equal((await docker.readFiles(tag, ["/interfaces"])).get("/interfaces")?.content.toString(), "lo\n");
  });

  it("give the image its labels", async () => {
    const context = await images.folder({ Dockerfile: "FROM scratch\nLABEL kept=yes\n" });
    const tag = images.tag();
    await docker.build({
      context,
      tag,
      platform,
      labels: { "org.example.team": "genomics = us", "pulumi-ica": "test" },
    });
    const info = await docker.inspect(tag);
    assert.deepEqual(info?.Config.Labels, { kept: "yes", "org.example.team": "genomics = us", "pulumi-ica": "test" });
  });

  it("give RUN an SSH agent: one that a variable names, or one for a key in a file", async () => {
    const { privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      privateKeyEncoding: { type: "pkcs1", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    const context = await images.folder({
      Dockerfile: `FROM ${base}\nRUN --mount=type=ssh --mount=type=ssh,id=deploy,target=/deploy test -S "$SSH_AUTH_SOCK" && test -S /deploy\n`,
    });
    const folder = await images.folder({ key: privateKey });
    await chmod(join(folder, "key"), 0o600);
    const agent = createServer().listen(join(folder, "agent"));
    await once(agent, "listening");
    try {
      const own = new Docker(docker.client, { ...process.env, MY_AGENT: join(folder, "agent") });
      const ssh = { default: { env: "MY_AGENT" }, deploy: { file: join(folder, "key") } };
      await own.build({ context, tag: images.tag(), platform, ssh, network: "none" });
      const unset = { default: { env: "NOT_SET_ANYWHERE" } };
      await assert.rejects(
        docker.build({ context, tag: images.tag(), platform, ssh: unset, network: "none" }),
        (error: unknown) => error instanceof BuildSpecError && error.property === "build.ssh.default",
      );
    } finally {
      agent.close();
    }
  });
});

describe("an image of the local Docker", function () {
  this.timeout(120_000);
  const images = new TestImages();
  after(() => images.removeAll());

  const paths = [
    ...[
      "/etc/passwd",
      "/etc/group",
      "/bin/sh",
      "/usr/bin/env",
      "/usr/sbin/sshd",
      "/etc/debian_version",
      "/etc/nothing",
    ],
    ...["/opt/real/file", "/opt/link/file", "/opt/deep/ll", "/opt/hard", "/opt/real", "/dangling", "/loop", "/pipe"],
    ...["/opt/gone/file", "/opt/gone", "/opt/turned", "/opt/turned/below", "/opt/real/file/below"],
  ];

  it("looks the same in its archive on the way as it does to docker cp", async () => {
    const docker = await images.docker();
    const context = await images.folder({
      Dockerfile:
        `FROM ${base}\n` +
        "RUN mkdir -p /opt/real /opt/deep /opt/gone /opt/turned && touch /opt/gone/file /opt/turned/below /etc/ours\n" +
        "RUN ln -s real /opt/link && ln -s ../link/file /opt/deep/l && ln -s l /opt/deep/ll && ln -s /gone /dangling \\\n" +
        " && ln -s loop /loop && mkfifo /pipe && echo hello > /opt/real/file && chown 1000:100 /opt/real/file && chmod 4751 /opt/real/file\n" +
        "RUN rm -rf /opt/gone /etc/ours && rm -rf /opt/turned && echo file > /opt/turned && ln /opt/real/file /opt/hard\n",
    });
    const tag = images.tag();
    await docker.build({ context, tag, platform, network: "none" });
    const asked = [...paths, "/etc/ours"];
    const expected = await docker.readFiles(tag, asked);
    const seen: SeenImage[] = [];
    const saved = docker.save(tag);
    const passing = new ArchiveLook(["/etc/passwd", "/etc/group"]).pass(saved.stream, async (image) => {
      seen.push(image);
    });
    assert.ok((await buffer(readableOf(passing, () => saved.stream.destroy()))).length > 0);
    for (const path of asked) {
      const [file, other] = [expected.get(path), await seen[0]?.read(path)];
      const facts = (one: typeof file) =>
        one && { type: one.type, mode: one.mode, uid: one.uid, gid: one.gid, size: one.size, linkname: one.linkname };
      assert.deepEqual(facts(other), facts(file), path);
      if (/^\/(?:etc|opt)\//.test(path) && file?.type === "file")
        assert.equal(other?.content.toString(), file.content.toString(), path);
    }
    const info = await docker.inspect(tag);
    assert.deepEqual(
      [seen[0]?.info.Id, seen[0]?.info.RootFS, seen[0]?.info.Config.Env],
      [info?.Id, info?.RootFS, info?.Config.Env],
    );
  });
});
