import assert from "node:assert/strict";
import { Bench } from "../../runtime";
import { type SuiteBench, suiteBench } from "./suite-bench";
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

  it("is given up when it ends at once every time, with its last output", async () => {
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

  it("is reported gone when its container is removed", async () => {
    const watched = await up(specOf(image, { id: "gone" }));
    await docker.getContainer(bench.names.container("gone")).remove({ force: true });
    assert.deepEqual(await watched.end, { kind: "gone" });
  });
});
