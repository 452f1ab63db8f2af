import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import type Dockerode from "dockerode";
import { tryImage } from "../../provider/bench-image/source/trial";
import type { Finding } from "../../provider/contract/finding";
import type { Access } from "../../provider/contract/rules";
import { Docker } from "../../provider/docker/cli";
import { connectDocker } from "../../runtime/docker/connect";
import { newInstance } from "../../runtime/trial/instances";
import type { TrialTiming } from "../../runtime/trial/trial";
import { benchImage, scriptedImage } from "../runtime/support";
import { until } from "../support/until";

const both: Access = { web: true, console: true };
const web: Access = { web: true, console: false };
const neither: Access = { web: false, console: false };

/** Times for tests; what a user waits for is longer. */
const quick: TrialTiming = { graceMs: 2500, patienceMs: 6000, stopS: 3 };

/** Parts of start scripts. */
const serve = (address: string, port = 8888) =>
  `python3 -c 'import sys; sys.argv = ["web", "/"]; exec(open("/usr/local/bin/web.py").read().replace("(\\"\\", 8888)", "(\\"${address}\\", ${port})"))' &`;
const wait = ["trap 'kill $(jobs -p); exit 0' TERM", "tail -f /dev/null & wait $!"];

interface Case {
  readonly what: string;
  readonly name: string;
  readonly script: readonly string[];
  readonly access: Access;
  readonly finds: Readonly<Record<string, RegExp>>;
  readonly log?: RegExp;
}

const cases: readonly Case[] = [
  {
    what: "a main process that ends at once",
    name: "ends",
    script: ["echo no licence server", "echo key: $ICA_SERVICE_ACCOUNT_USER_API_KEY", "exit 3"],
    access: both,
    finds: { ICA022: /ended by itself after \d\.\d s, with exit code 3/ },
    log: /no licence server\nkey: <api key>/,
  },
  {
    what: "a main process that ends after a while",
    name: "ends-later",
    script: ["echo started", "sleep 2"],
    access: neither,
    finds: { ICA022: /ended by itself after [23]\.\d s, with exit code 0/ },
    log: /started/,
  },
  {
    what: "a web server that was not started",
    name: "no-web",
    script: ["echo forgotten", ...wait],
    access: web,
    finds: { ICA011: /port 8888.*nothing listens on port 8888/ },
    log: /forgotten/,
  },
  {
    what: "a web server on 127.0.0.1",
    name: "loopback",
    script: [serve("127.0.0.1"), ...wait],
    access: web,
    finds: { ICA011: /port 8888.*listens on 127\.0\.0\.1 only/ },
  },
  {
    what: "a web server that does not know its path",
    name: "no-path",
    script: ["python3 /usr/local/bin/web.py /somewhere/else/ &", ...wait],
    access: web,
    finds: { ICA011: /port 8888.*HTTP 404 for \/bench-n-(\d{8})-i\1\// },
  },
  {
    what: "an SSH server that was not started",
    name: "no-sshd",
    script: wait,
    access: { web: false, console: true },
    finds: { ICA021: /port 2222.*nothing listens on port 2222/ },
  },
  {
    what: "an SSH server with other keys",
    name: "other-keys",
    script: ["/usr/sbin/sshd -D -e -f /etc/ssh/sshd_config -o AuthorizedKeysFile=/data/keys &", ...wait],
    access: { web: false, console: true },
    finds: { ICA021: /port 2222.*refused user "ica"/ },
    log: /authenticating user ica/,
  },
  {
    what: "a main process that does not care for TERM",
    name: "deaf",
    script: ["trap '' TERM", "while true; do sleep 1; done"],
    access: neither,
    finds: { ICA023: /did not end within 3 s of TERM/ },
  },
  {
    what: "a write to a folder of its own user, without a word",
    name: "silent-write",
    script: ["touch /opt/app/state 2>/dev/null", "mkdir -p /tmp/ok /data/ok", ...wait],
    access: neither,
    finds: { ICA013: /tried to write \/opt\/app\/state$/ },
  },
  {
    what: "a write to a folder of root's",
    name: "loud-write",
    script: ["mkdir /opt/state", ...wait],
    access: neither,
    finds: { ICA013: /tried to write \/opt\/state$/ },
    log: /\/opt\/state.*Read-only file system/,
  },
  {
    what: "a write by a command and to a place that its text does not show",
    name: "hidden-write",
    script: ["place=$(echo /opt/state)", 'cp /etc/hostname "$place"', ...wait],
    access: neither,
    finds: { ICA013: /tried to write \/opt\/state$/ },
    log: /\/opt\/state.*Read-only file system/,
  },
  {
    what: "a write at its end, without a word",
    name: "last-write",
    script: ["trap '{ echo saved > /opt/app/saved; } 2>/dev/null; exit 0' TERM", "tail -f /dev/null & wait $!"],
    access: neither,
    finds: { ICA013: /tried to write \/opt\/app\/saved$/ },
  },
];

describe("an image that is tried out", function () {
  this.timeout(120_000);
  let docker: Docker;
  let engine: Dockerode;
  const made: string[] = [];
  const never = new AbortController().signal;

  before(async () => {
    docker = await Docker.find();
    engine = await connectDocker();
  });
  after(async () => {
    for (const image of made) await docker.removeImage(image);
  });
  afterEach(async () => assert.deepEqual(await leftovers(), [], "nothing of the trial is left in Docker"));

  /** Everything that trials of this process have in Docker. */
  async function leftovers(): Promise<string[]> {
    const filters = { label: ["pulumi-ica.instance"] };
    const [containers, networks, { Volumes }] = await Promise.all([
      engine.listContainers({ all: true, filters }),
      engine.listNetworks({ filters }),
      engine.listVolumes({ filters }),
    ]);
    return [...containers, ...networks, ...Volumes]
      .flatMap(({ Labels }) => Labels?.["pulumi-ica.instance"] ?? [])
      .filter((instance) => instance.startsWith("trial-") && instance.includes(`-${process.pid}-`));
  }

  async function trial(
    image: string,
    access: Access,
    signal = never,
  ): Promise<{ findings: Finding[]; told: string[] }> {
    const told: string[] = [];
    const add = (line: string) => told.push(line);
    const log = { info: add, warn: add, status: add };
    return { findings: await tryImage({ log, signal }, docker, image, access, quick), told };
  }

  async function imageOf({ name, script }: Pick<Case, "name" | "script">): Promise<string> {
    const image = await scriptedImage(engine, `try-${name}`, ...script);
    made.push(image);
    return image;
  }

  it("passes when it answers on both ports, writes where it may, and ends at TERM", async () => {
    const { findings, told } = await trial(await benchImage(engine), both);
    assert.deepEqual(findings, []);
    const text = told.join("\n");
    for (const line of [
      /1000:100/,
      /8888: it answers \(HTTP 200\)/,
      /2222: it answers \(as ica\)/,
      /ended \d\.\d s after TERM/,
    ])
      assert.match(text, line);
  });

  for (const one of cases) {
    it(`is refused for ${one.what}: ${Object.keys(one.finds).join(", ")}`, async () => {
      const { findings } = await trial(await imageOf(one), one.access);
      assert.deepEqual(
        findings.map(({ code, severity }) => [code, severity]),
        Object.keys(one.finds).map((code) => [code, "error"]),
        findings.map(({ message, log }) => `${message}\n${log?.join("\n")}`).join("\n"),
      );
      for (const { code, message, log } of findings) {
        assert.match(message, one.finds[code] ?? /^$/);
        if (one.log !== undefined) assert.match(log?.join("\n") ?? "", one.log);
      }
    });
  }

  it("leaves nothing when it is interrupted", async () => {
    const image = await imageOf({ name: "no-web", script: ["echo forgotten", ...wait] });
    const stop = new AbortController();
    const interrupted = trial(image, web, stop.signal);
    await until("both of its containers run", async () => {
      const label = ["pulumi-ica=workspace"];
      const running = await engine.listContainers({ filters: { label, ancestor: [image] } });
      return running.length === 2;
    });
    stop.abort(new Error("the engine is gone"));
    await assert.rejects(interrupted, /the engine is gone/);
  });

  it("removes what a killed one left", async () => {
    const dead = newInstance("trial").replace(`-${process.pid}-`, `-${spawnSync("true").pid}-`);
    const Name = `pulumi-ica-test-${dead}`;
    await engine.createVolume({ Name, Labels: { "pulumi-ica": "data", "pulumi-ica.instance": dead } });
    const { told } = await trial(await imageOf({ name: "no-web", script: wait }), neither);
    assert.ok(told.join("\n").includes(`removed what the killed ${dead} had left`), told.join("\n"));
    await assert.rejects(engine.getVolume(Name).inspect(), /no such volume/i);
  });

  it("fails, and leaves nothing, when Docker has no such image", async () => {
    await assert.rejects(trial("pulumi-ica-test/none:0.0.1", both));
  });
});
