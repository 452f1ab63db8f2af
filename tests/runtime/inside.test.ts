import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { Bench } from "../../runtime";
import { type SuiteBench, suiteBench, type Watched } from "./suite-bench";
import { QUICK, specOf, spoiltImage, until } from "./support";

describe("a workspace in Docker", function () {
  this.timeout(120_000);
  let docker: SuiteBench["docker"];
  let instance: SuiteBench["instance"];
  let bench: SuiteBench["bench"];
  let image: SuiteBench["image"];
  let inside: SuiteBench["inside"];
  let watch: SuiteBench["watch"];
  let up: SuiteBench["up"];

  suiteBench((suite) => {
    ({ docker, instance, bench, image, inside, watch, up } = suite);
  });

  describe("from inside", () => {
    let watched: Watched;

    before(async () => {
      watched = await up(specOf(image, { id: "inside" }));
    });

    after(() => watched.letGo());

    it("is user 1000 of group 100 and of no other", async () => {
      assert.equal(await inside("inside", 'echo "$(id -u) $(id -g) $(id -G)"'), "1000 100 100");
    });

    it("has no capabilities and can gain none", async () => {
      const status = await inside(
        "inside",
        "grep -hE '^(Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs)' /proc/1/status | tr -s '\\t ' ' '",
      );
      const zero = "0".repeat(16);
      assert.deepEqual(status.split("\n"), [
        `CapPrm: ${zero}`,
        `CapEff: ${zero}`,
        `CapBnd: ${zero}`,
        `CapAmb: ${zero}`,
        "NoNewPrivs: 1",
      ]);
    });

    it("gains nothing from a setuid binary, and cannot create namespaces or mounts", async () => {
      const image = await spoiltImage(
        docker,
        "setuid",
        "cp /usr/bin/id /usr/local/bin/root-id && chmod 4755 /usr/local/bin/root-id",
      );
      const other = await up(specOf(image, { id: "setuid" }));
      assert.equal(
        await inside(
          "setuid",
          "stat -c '%a %u' /usr/local/bin/root-id; root-id -u; cp /usr/local/bin/root-id /data; chmod 4755 /data/root-id; /data/root-id -u",
        ),
        "4755 0\n1000\n1000",
      );
      assert.match(
        await inside("setuid", "su -c id 2>&1; unshare -Ur id 2>&1; mount -t tmpfs none /data 2>&1"),
        /^(?!.*uid=0)/s,
      );
      await other.letGo();
      await docker.getImage(image).remove({ force: true });
    });

    it("has the tools' folder read-only: no write, no removal, no remount", async () => {
      const options = "awk '$2 == \"/data/.software\" { print $4 }' /proc/mounts | grep -o '^r[ow]'";
      assert.equal(await inside("inside", options), "ro");
      assert.match(await inside("inside", "touch /data/.software/x 2>&1"), /Read-only file system/);
      assert.match(await inside("inside", "rm -rf /data/.software 2>&1; mv /data/.software /data/other 2>&1"), /busy/);
      assert.match(await inside("inside", "mount -o remount,rw /data/.software 2>&1"), /permission|superuser|must be/i);
    });

    it("has / read-only, and /tmp in memory without devices or setuid", async () => {
      const options = (at: string) => inside("inside", `awk '$2 == "${at}" { print $4 }' /proc/mounts | tail -n 1`);
      assert.match(await options("/"), /^ro,/);
      assert.match(await options("/tmp"), /^rw,nosuid,nodev(?!.*noexec)/);
    });

    it("can write to /data, /data/project and /tmp and to no other folder of the image", async () => {
      const folders =
        "/ /etc /home /opt /root /run /srv /usr /usr/local/bin /var /var/tmp /data/.software /etc/workspace-auth";
      const writable = await inside(
        "inside",
        `for dir in ${folders} /data /data/project /tmp; do (echo x > $dir/probe) 2>/dev/null && echo $dir; done`,
      );
      assert.equal(writable, "/data\n/data/project\n/tmp");
    });

    it("can run what it puts in /data and /tmp", async () => {
      const run = "for dir in /data /tmp; do cp /bin/true $dir/own && $dir/own && echo ran; done";
      assert.equal(await inside("inside", run), "ran\nran");
    });

    it("has the documented environment, and no proxy in a public network", async () => {
      const names = "env | grep -E '^(HOME|TYPE|ICA_[A-Z_]+|[A-Za-z_]*[Pp][Rr][Oo][Xx][Yy])=' | sort";
      assert.deepEqual((await inside("inside", names)).split("\n"), [
        "HOME=/data",
        "ICA_BENCH_URL=127.0.0.1:4747",
        "ICA_CONSOLE_ENABLED=true",
        "ICA_NAMESPACE=bench",
        "ICA_PROJECT_UUID=0b7d2f3e-0000-4000-8000-000000000000",
        "ICA_SERVICE_ACCOUNT_USER_API_KEY=a-key-for-tests",
        "ICA_URL=http://127.0.0.1:4747/ica",
        "ICA_WEB_ENABLED=true",
        "ICA_WORKSPACE=32781195",
        "TYPE=workspace",
      ]);
    });

    it("finds a matching key pair and a host key in /etc/workspace-auth", async () => {
      const own = await inside(
        "inside",
        "cd /etc/workspace-auth && ls && ssh-keygen -y -f privateKey && cut -d' ' -f1,2 pubKey",
      );
      const [host, priv, pub, derived, published] = own.split("\n");
      assert.deepEqual([host, priv, pub], ["hostKey", "privateKey", "pubKey"]);
      assert.match(derived ?? "", /^ssh-rsa /);
      assert.equal(derived, published);
    });

    it("starts with an empty disk: what the image has in /data is not copied", async () => {
      assert.equal(await inside("inside", "ls /data/from-the-image 2>&1 | tail -c 26"), "No such file or directory");
    });

    it("runs ica_start.sh as its first process", async () => {
      assert.match(await inside("inside", "tr '\\0' ' ' < /proc/1/cmdline"), /\/usr\/local\/bin\/ica_start\.sh/);
    });

    it("publishes 8888 and 2222 on loopback only", async () => {
      const { NetworkSettings } = await docker.getContainer(bench.names.gateway("inside")).inspect();
      const bindings = Object.entries(NetworkSettings.Ports).map(([port, hosts]) => [
        port,
        hosts?.map(({ HostIp }) => HostIp),
      ]);
      assert.deepEqual(Object.fromEntries(bindings), { "8888/tcp": ["127.0.0.1"], "2222/tcp": ["127.0.0.1"] });
      assert.deepEqual(Object.keys(await bench.endpoints("inside")).sort(), ["console", "web"]);
    });

    it("is limited as its resource model says, or as the machine allows", async () => {
      const { HostConfig } = await docker.getContainer(bench.names.container("inside")).inspect();
      const { NCPU, MemTotal }: { NCPU: number; MemTotal: number } = await docker.info();
      assert.equal(HostConfig.NanoCpus, Math.min(2, NCPU) * 1e9);
      assert.equal(HostConfig.Memory, Math.min(8 * 1024 ** 3, MemTotal));
    });

    it("has a quarter of its memory as /tmp", async () => {
      const { HostConfig } = await docker.getContainer(bench.names.container("inside")).inspect();
      const kib = await inside("inside", "df -k --output=size /tmp | tail -1");
      assert.ok(Math.abs(Number(kib) * 1024 - Number(HostConfig.Memory) / 4) < 8192, kib);
    });
  });

  it("has half of the machine when the size of its resource model is unknown, and says so", async () => {
    const lines: string[] = [];
    const telling = new Bench({ docker, instance, timing: QUICK, graceS: 2, log: (line) => lines.push(line) });
    await telling.prepare(specOf(image, { id: "unknown", resourceModel: "gpu-huge" }));
    const { HostConfig } = await docker.getContainer(bench.names.container("unknown")).inspect();
    const { NCPU, MemTotal }: { NCPU: number; MemTotal: number } = await docker.info();
    assert.equal(HostConfig.NanoCpus, Math.max(1, NCPU / 2) * 1e9);
    assert.equal(HostConfig.Memory, Math.floor(MemTotal / 2));
    assert.match(lines.join("\n"), /The size of "gpu-huge" is not known here: the workspace gets half of this machine/);
  });

  it("publishes nothing and has no keys when no access was selected", async () => {
    const watched = await up(specOf(image, { id: "closed", access: { web: false, console: false } }));
    assert.deepEqual(await bench.endpoints("closed"), {});
    assert.equal(await inside("closed", "ls /etc/workspace-auth 2>&1 | tail -c 26"), "No such file or directory");
    await watched.letGo();
  });

  it("publishes only the port of the access that was selected", async () => {
    for (const [kind, port] of [
      ["web", "8888/tcp"],
      ["console", "2222/tcp"],
    ] as const) {
      const id = `only-${kind}`;
      const watched = await up(specOf(image, { id, access: { web: kind === "web", console: kind === "console" } }));
      assert.deepEqual(Object.keys(await bench.endpoints(id)), [kind]);
      const { NetworkSettings } = await docker.getContainer(bench.names.gateway(id)).inspect();
      assert.deepEqual(Object.keys(NetworkSettings.Ports), [port]);
      await watched.letGo();
    }
  });

  it("reaches neither another workspace nor what this machine serves on loopback", async () => {
    const [one, two] = [await up(specOf(image, { id: "one" })), await up(specOf(image, { id: "two" }))];
    const networkOf = async (id: string) => {
      const { NetworkSettings } = await docker.getContainer(bench.names.container(id)).inspect();
      return Object.values(NetworkSettings.Networks)[0];
    };
    const here = createServer().listen(0, "127.0.0.1");
    await once(here, "listening");
    const address = here.address();
    assert.ok(typeof address === "object" && address !== null);
    const connects = (host: string | undefined, port: number) =>
      inside("one", `timeout 2 bash -c '</dev/tcp/${host}/${port}' 2>/dev/null && echo connected || echo not`);
    await until("its own web server answers", async () =>
      (await connects("127.0.0.1", 8888)) === "connected" ? true : undefined,
    );
    assert.equal(await connects((await networkOf("two"))?.IPAddress, 8888), "not");
    assert.equal(await connects((await networkOf("one"))?.Gateway, address.port), "not");
    here.close();
    await one.letGo();
    await two.letGo();
  });

  it("mounts a folder of the project, or none when the engine does not see it", async () => {
    const lines: string[] = [];
    const telling = new Bench({ docker, instance, timing: QUICK, graceS: 2, log: (line) => lines.push(line) });
    await telling.prepare(specOf(image, { id: "unseen", projectFolder: "/not/on/this/machine" }));
    const watched = watch("unseen", telling);
    await until("it is alive", () => (watched.alive() > 0 ? true : undefined));
    assert.equal(await inside("unseen", "touch /data/project/own && ls /data/project"), "own");
    assert.match(
      lines.join("\n"),
      /does not see \/not\/on\/this\/machine: \/data\/project does not show the project's data/,
    );
    await watched.letGo();
  });
});
