import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { BuildSpecError } from "../../provider/docker/build-args";
import { Docker } from "../../provider/docker/cli";
import { BuildError, DockerError } from "../../provider/docker/errors";
import { base, TestImages } from "./images";

describe("Docker", function () {
  this.timeout(120_000);
  const images = new TestImages();
  let docker: Docker;

  before(async () => {
    docker = await images.docker();
  });
  after(() => images.removeAll());

  describe("build", () => {
    it("says each step when it starts and when it is done, and nothing of BuildKit's own", async () => {
      const context = await images.folder({ Dockerfile: `FROM ${base}\nRUN echo one > /one\nRUN echo two > /two\n` });
      const lines: string[] = [];
      const onLine = (line: string, kind: string) => lines.push(`${kind} ${line.replace(/\(\d+\.\d+s\)/, "(time)")}`);
      await docker.build({ context, tag: images.tag(), platform: "linux/amd64", noCache: true }, { onLine });
      assert.deepEqual(lines.slice(-4), [
        "started [2/3] RUN echo one > /one",
        "finished [2/3] RUN echo one > /one (time)",
        "started [3/3] RUN echo two > /two",
        "finished [3/3] RUN echo two > /two (time)",
      ]);
      assert.deepEqual(
        lines.filter((line) => /internal|exporting|sha256/.test(line)),
        [],
      );
      lines.length = 0;
      await docker.build({ context, tag: images.tag(), platform: "linux/amd64" }, { onLine });
      assert.ok(lines.includes("finished [3/3] RUN echo two > /two (cached)"), lines.join("\n"));
    });

    it("labels what it builds", async () => {
      const info = await docker.inspect(await images.build("FROM scratch\nLABEL own=yes\n"));
      assert.deepEqual(info?.Config.Labels, { "pulumi-ica": "test", own: "yes" });
    });

    it("fails with the step that failed and its last twenty lines, not more", async () => {
      const context = await images.folder({ Dockerfile: `FROM ${base}\nRUN seq 1 2000; echo broken; exit 7\n` });
      const tag = images.tag();
      await assert.rejects(docker.build({ context, tag, platform: "linux/amd64" }), (error: unknown) => {
        assert.ok(error instanceof BuildError);
        assert.equal(error.step, "[2/2] RUN seq 1 2000; echo broken; exit 7");
        assert.equal(error.reason, "exit code: 7");
        assert.equal(error.output.length, 20);
        assert.deepEqual(error.output.slice(-2), ["2000", "broken"]);
        assert.match(error.message, /^docker build failed at \[2\/2\] RUN seq/);
        return true;
      });
      assert.equal(await docker.inspect(tag), undefined);
    });

    it("fails with BuildKit's own message when no step is to blame", async () => {
      const context = await images.folder({ Dockerfile: "FROM scratch\nCOPPY a b\n" });
      await assert.rejects(docker.build({ context, tag: images.tag(), platform: "linux/amd64" }), (error: unknown) => {
        assert.ok(error instanceof BuildError);
        assert.match(error.message, /unknown instruction: COPPY/i);
        return true;
      });
    });

    it("passes args, a target, and a Dockerfile outside of the context", async () => {
      const context = await images.folder({ data: "of the context" });
      const elsewhere = await images.folder({
        "My.Dockerfile":
          "FROM scratch AS first\nARG ONE\nARG https_proxy\nLABEL one=$ONE proxy=$https_proxy\nCOPY data /\nFROM scratch\n",
      });
      const tag = images.tag();
      const args = { ONE: "1 = 'one'", https_proxy: "http://proxy:1" };
      const dockerfile = join(elsewhere, "My.Dockerfile");
      await docker.build({ context, dockerfile, target: "first", args, tag, platform: "linux/amd64" });
      const info = await docker.inspect(tag);
      assert.equal(info?.Config.Labels.one, "1 = 'one'");
      assert.equal(info?.Config.Labels.proxy, "http://proxy:1");
      assert.equal((await docker.readFiles(tag, ["/data"])).get("/data")?.content.toString(), "of the context");
    });

    it("gives secrets from the environment and from files, and blanks them in what the build prints", async () => {
      const folder = await images.folder({ token: "from-a-file-5678\n" });
      const context = await images.folder({
        Dockerfile:
          `FROM ${base}\n` +
          "RUN --mount=type=secret,id=a --mount=type=secret,id=b cat /run/secrets/a /run/secrets/b; test -s /run/secrets/b && exit 3\n",
      });
      const own = new Docker(docker.client, { ...process.env, A_SECRET: "from-the-environment-1234" });
      const secrets = { a: { env: "A_SECRET" }, b: { file: join(folder, "token") } };
      await assert.rejects(
        own.build({ context, secrets, tag: images.tag(), platform: "linux/amd64" }),
        (error: unknown) => {
          assert.ok(error instanceof BuildError);
          assert.equal(error.reason, "exit code: 3");
          assert.doesNotMatch(error.message, /1234|5678/);
          assert.match(error.output.join(), /\[secret\].*\[secret\]/);
          return true;
        },
      );
      const missing = { a: { env: "NOT_SET_ANYWHERE" } };
      await assert.rejects(
        docker.build({ context, secrets: missing, tag: images.tag(), platform: "linux/amd64" }),
        (error: unknown) => error instanceof BuildSpecError && error.property === "build.secrets.a",
      );
    });

    it("ends the build when it is aborted", async () => {
      const context = await images.folder({ Dockerfile: `FROM ${base}\nRUN echo started; sleep 60\n` });
      const abort = new AbortController();
      const onLine = (line: string) => line.includes("sleep 60") && abort.abort(new Error("stopped by a test"));
      const started = Date.now();
      await assert.rejects(
        docker.build({ context, tag: images.tag(), platform: "linux/amd64" }, { onLine, signal: abort.signal }),
        /stopped by a test/,
      );
      assert.ok(Date.now() - started < 30_000, "the build went on after it was aborted");
    });
  });

  describe("inspect", () => {
    it("describes an image", async () => {
      const tag = await images.build(
        'FROM scratch\nUSER 1000:100\nENV A=b\nEXPOSE 8888\nENTRYPOINT ["/e"]\nCMD ["c"]\nCOPY Dockerfile /\n',
      );
      const info = await docker.inspect(tag);
      assert.match(info?.Id ?? "", /^sha256:[0-9a-f]{64}$/);
      assert.equal(info?.Os, "linux");
      assert.equal(info?.Architecture, "amd64");
      assert.equal(info?.Config.User, "1000:100");
      assert.ok(info?.Config.Env.includes("A=b"));
      assert.deepEqual(
        [info?.Config.Entrypoint, info?.Config.Cmd, Object.keys(info?.Config.ExposedPorts ?? {})],
        [["/e"], ["c"], ["8888/tcp"]],
      );
      assert.equal(info?.RootFS.Layers.length, 1);
    });

    it("gives nothing for an image that is not here", async () => {
      assert.equal(await docker.inspect("pulumi-ica-test/none:0.0.1"), undefined);
    });
  });

  describe("readFiles", () => {
    it("reports type, mode, owner, size and content, follows links, and leaves no container behind", async () => {
      const tag = await images.build(
        `FROM ${base}\n` +
          "RUN mkdir -p /opt/real /opt/deep && ln -s real /opt/link && ln -s ../link/file /opt/deep/l && ln -s l /opt/deep/ll && ln -s /gone /dangling \\\n" +
          " && ln -s loop /loop && mkfifo /pipe && echo hello > /opt/real/file && chown 1000:100 /opt/real/file && chmod 4751 /opt/real/file\n",
      );
      const paths = [
        "/opt/real/file",
        "/opt/deep/ll",
        "/opt/real",
        "/dangling",
        "/loop",
        "/pipe",
        "/nothing",
        "/opt/real/file/below",
        "/bin/sh",
      ];
      const files = await docker.readFiles(tag, paths);
      const file = { type: "file", mode: 0o4751, uid: 1000, gid: 100, size: 6, content: Buffer.from("hello\n") };
      assert.deepEqual(files.get("/opt/real/file"), file);
      assert.deepEqual(files.get("/opt/deep/ll"), { ...file, linkname: "l" });
      assert.equal(files.get("/opt/real")?.type, "directory");
      assert.deepEqual([files.get("/dangling")?.type, files.get("/dangling")?.linkname], ["symlink", "/gone"]);
      assert.equal(files.get("/pipe")?.type, "other");
      assert.equal(files.get("/bin/sh")?.type, "file");
      for (const path of ["/nothing", "/opt/real/file/below", "/loop"]) assert.equal(files.has(path), false, path);
    });

    it("leaves no volume behind of an image that declares one", async () => {
      const volumes = () => spawnSync(docker.client.command, ["volume", "ls", "--quiet"]).stdout.toString().split("\n");
      const tag = await images.build("FROM scratch\nCOPY file /kept/\nVOLUME /kept\n", { file: "x" });
      const before = new Set(volumes());
      assert.equal((await docker.readFiles(tag, ["/kept/file"])).get("/kept/file")?.size, 1);
      assert.deepEqual(
        volumes().filter((name) => !before.has(name)),
        [],
      );
    });

    it("reads no more than a bounded part of a large file, and none of a large folder", async () => {
      const tag = await images.build(`FROM ${base}\nRUN head -c 30000000 /dev/zero > /big\n`);
      const files = await docker.readFiles(tag, ["/big", "/usr"]);
      assert.equal(files.get("/big")?.size, 30_000_000);
      assert.equal(files.get("/big")?.content.length, 1024 * 1024);
      assert.equal(files.get("/usr")?.type, "directory");
    });

    it("reads an image that has no command, and fails for one that is not here without pulling it", async () => {
      const tag = await images.build("FROM scratch\nCOPY Dockerfile /etc/passwd\n");
      assert.equal((await docker.readFiles(tag, ["/etc/passwd"])).size, 1);
      await assert.rejects(docker.readFiles("pulumi-ica-test/none:0.0.1", ["/"]), DockerError);
    });
  });

  it("removes an image once", async () => {
    const tag = await images.build("FROM scratch\nCOPY Dockerfile /\n");
    assert.equal(await docker.removeImage(tag), true);
    assert.equal(await docker.removeImage(tag), false);
  });
});
