import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type Dockerode from "dockerode";
import { Bench, type SupervisionEnd, type WorkspaceSpec } from "../../runtime";
import { connectDocker } from "../../runtime/connect";
import { benchImage, leftovers, QUICK, sh, specOf, spoiltImage, until } from "./support";

/** A supervised main process with what was heard of it. */
interface Watched {
  readonly end: Promise<SupervisionEnd>;
  readonly alive: () => number;
  readonly ends: { exitCode: number; restarts: number }[];
  letGo(): Promise<void>;
}

describe("a workspace in Docker", function () {
  this.timeout(120_000);
  const instance = `test-${randomBytes(4).toString("hex")}`;
  let docker: Dockerode;
  let bench: Bench;
  let image: string;

  before(async () => {
    docker = await connectDocker();
    image = await benchImage(docker);
    bench = new Bench({ docker, instance, timing: QUICK, graceS: 2 });
  });

  after(async () => {
    await bench.removeAll();
    assert.deepEqual(await leftovers(docker, instance), [], "removeAll leaves nothing of the instance");
  });

  const inside = (id: string, command: string) => sh(docker, bench.names.container(id), command);

  function watch(id: string, by: Bench = bench): Watched {
    const abort = new AbortController();
    const ends: Watched["ends"] = [];
    let alive = 0;
    const end = by.supervise(
      id,
      {
        alive: async () => {
          alive += 1;
        },
        ended: async ({ exitCode, restarts }) => {
          ends.push({ exitCode, restarts });
        },
      },
      abort.signal,
    );
    const over = end.then(
      () => undefined,
      () => undefined,
    );
    return {
      end,
      alive: () => alive,
      ends,
      letGo: () => {
        abort.abort();
        return over;
      },
    };
  }

  async function up(spec: WorkspaceSpec): Promise<Watched> {
    await bench.prepare(spec);
    const watched = watch(spec.id);
    await until(`${spec.id} is alive`, () => (watched.alive() > 0 ? true : undefined));
    return watched;
  }

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
      const { NetworkSettings } = await docker.getContainer(bench.names.container("inside")).inspect();
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
  });

  it("publishes nothing and has no keys when no access was selected", async () => {
    const watched = await up(specOf(image, { id: "closed", access: { web: false, console: false } }));
    assert.deepEqual(await bench.endpoints("closed"), {});
    assert.equal(await inside("closed", "ls /etc/workspace-auth 2>&1 | tail -c 26"), "No such file or directory");
    await watched.letGo();
  });

  it("starts its main process again when it ends, and counts", async () => {
    const watched = await up(specOf(image, { id: "restarts" }));
    for (const restarts of [1, 2]) {
      await inside("restarts", "kill -TERM 1");
      await until(`it is alive again after end ${restarts}`, () => (watched.alive() > restarts ? true : undefined));
    }
    assert.deepEqual(watched.ends, [
      { exitCode: 0, restarts: 1 },
      { exitCode: 0, restarts: 2 },
    ]);
    assert.equal(await inside("restarts", "wc -l < /data/starts"), "3");
    await watched.letGo();
  });

  it("ends at TERM, keeps /data and its keys for the next start, and loses /tmp", async () => {
    const spec = specOf(image, { id: "keeps" });
    const first = await up(spec);
    const key = await inside("keeps", "echo kept > /data/mine; echo lost > /tmp/mine; cat /etc/workspace-auth/pubKey");
    await first.letGo();
    const outcome = await bench.stop("keeps");
    assert.equal(outcome.killed, false);
    assert.ok(outcome.seconds < 2, `it took ${outcome.seconds} s`);
    assert.deepEqual(await bench.endpoints("keeps"), {});

    const second = await up(spec);
    assert.equal(await inside("keeps", "cat /data/mine /data/terminated"), "kept\nstopping");
    assert.equal(await inside("keeps", "cat /tmp/mine 2>&1 | tail -c 26"), "No such file or directory");
    assert.equal(await inside("keeps", "cat /etc/workspace-auth/pubKey"), key);
    await second.letGo();
  });

  it("is killed when it has not ended in the grace time after TERM", async () => {
    const spec = specOf(image, { id: "stubborn" });
    const watched = await up(spec);
    await inside("stubborn", "touch /data/ignore-term; kill -TERM 1");
    await until("it ignores TERM", () => (watched.alive() > 1 ? true : undefined));
    await watched.letGo();
    const outcome = await bench.stop("stubborn");
    assert.equal(outcome.killed, true);
    assert.ok(outcome.seconds >= 2 && outcome.seconds < 6, `it took ${outcome.seconds} s`);
  });

  it("is given up when it ends at once every time, with its last words", async () => {
    const watched = await up(specOf(image, { id: "crashes" }));
    await inside("crashes", "touch /data/end-at-once; kill -TERM 1");
    const end = await watched.end;
    assert.ok(end.kind === "failed");
    assert.match(
      end.reason,
      /ended 3 times right after its start, last with exit code 3\..*last lines:\n[\s\S]*this is the last line$/,
    );
    assert.match(end.reason, /carelessly printed: <api key>/);
    assert.doesNotMatch(end.reason, /a-key-for-tests/);
    assert.match(
      await bench.logTail("crashes", 10),
      /carelessly printed: <api key>/,
      "nor is it in the log as it is shown",
    );
  });

  describe("with a start script that cannot work", () => {
    const faults: [string, string, RegExp][] = [
      [
        "no-mode",
        "chmod 0644 /usr/local/bin/ica_start.sh",
        /not executable for user 1000: COPY it with --chmod=0755\. Docker says: .*permission denied/,
      ],
      [
        "no-script",
        "rm /usr/local/bin/ica_start.sh",
        /ica_start\.sh is not in the image.* Docker says: .*no such file/,
      ],
      ["windows", "sed -i 's/$/\\r/' /usr/local/bin/ica_start.sh", /ica_start\.sh.*(interpreter|Windows line ends)/],
    ];
    for (const [name, spoil, reason] of faults) {
      it(`says what is wrong: ${name}`, async () => {
        await bench.prepare(specOf(await spoiltImage(docker, name, spoil), { id: name }));
        const end = await watch(name).end;
        assert.ok(end.kind === "failed");
        assert.match(end.reason, reason);
        await docker.getImage(`pulumi-ica-test/${name}:latest`).remove({ force: true });
      });
    }
  });

  it("is found again, not doubled, by another Bench of the same instance", async () => {
    const first = await up(specOf(image, { id: "adopted" }));
    const before = await docker.getContainer(bench.names.container("adopted")).inspect();
    await first.letGo();

    const other = new Bench({ docker, instance, timing: QUICK, graceS: 2 });
    assert.equal(await other.isRunning("adopted"), true);
    const second = watch("adopted", other);
    await until("the other one sees it alive", () => (second.alive() > 0 ? true : undefined));
    const after = await docker.getContainer(bench.names.container("adopted")).inspect();
    assert.deepEqual([after.Id, after.State.Pid], [before.Id, before.State.Pid]);

    await inside("adopted", "kill -TERM 1");
    await until("the other one starts it again", () => (second.alive() > 1 ? true : undefined));
    await second.letGo();
  });

  it("is reported gone when somebody removes its container", async () => {
    const watched = await up(specOf(image, { id: "gone" }));
    await docker.getContainer(bench.names.container("gone")).remove({ force: true });
    assert.deepEqual(await watched.end, { kind: "gone" });
  });
});
