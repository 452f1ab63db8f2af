import { strict as assert } from "node:assert";
import type Dockerode from "dockerode";
import { connectDocker } from "../../runtime/docker/connect";
import { dockerStatus } from "../../runtime/docker/docker-error";
import { ensureGatewayImage } from "../../runtime/network/gateway-image";
import { benchImage, leftovers, sh, spoiltImage } from "../runtime/support";
import { makeContext, removeContext } from "../support/context-folder";
import { overSsh } from "../support/programs/ssh";
import { until } from "../support/until";
import { made, Run } from "./events";
import { icaBench, start } from "./process";

/** A start script in the place of the fixture's. */
const script = (...lines: string[]) =>
  `printf '%s\\n' ${["#!/bin/bash", "# 8888", ...lines].map((line) => `'${line}'`).join(" ")} > /usr/local/bin/ica_start.sh`;

describe("ica-bench run", function () {
  this.timeout(180_000);
  let docker: Dockerode;
  let image: string;
  const runs: Run[] = [];

  before(async () => {
    docker = await connectDocker();
    image = await benchImage(docker);
  });
  afterEach(async () => {
    for (const run of runs.splice(0)) await run.end();
  });

  function run(...args: Parameters<typeof start>): Run {
    const started = new Run(...args);
    runs.push(started);
    return started;
  }

  /** The name of a run is in the names of what it makes. */
  const instanceOf = (container: string) => /^pulumi-ica-(run-\w+-\w+-\w+)-workspace$/.exec(container)?.[1] ?? "";

  it("starts an image under Bench's rules, prints its output, and leaves nothing behind", async () => {
    const started = run(
      [image, "--env", "GREETING=hello=there", "--env", "FROM_SHELL", "--memory", "256m", "--cpus", "0.5"],
      {
        env: { FROM_SHELL: "from-the-shell" },
      },
    );
    const { web, console: ssh } = await started.ready();
    assert.equal((await fetch(web ?? "")).status, 200);
    assert.ok(ssh !== undefined);
    const { container } = made.parse(started.find("made"));
    const inside = (command: string) => sh(docker, container, command);
    assert.equal(
      await inside("id -u; id -g; echo $GREETING; echo $FROM_SHELL"),
      "1000\n100\nhello=there\nfrom-the-shell",
    );
    const { HostConfig, Config } = await docker.getContainer(container).inspect();
    assert.deepEqual(
      [HostConfig.ReadonlyRootfs, HostConfig.CapDrop, HostConfig.Memory, HostConfig.NanoCpus],
      [true, ["ALL"], 256 * 1024 ** 2, 5e8],
    );
    const key = Config.Env.find((entry) => entry.startsWith("ICA_SERVICE_ACCOUNT_USER_API_KEY="))?.split("=")[1] ?? "";
    assert.ok(key.length > 20);
    await inside("echo $ICA_SERVICE_ACCOUNT_USER_API_KEY > /proc/1/fd/1");
    await started.told("log", { line: "<api key>" });
    const { code, killed } = await started.interrupt();
    assert.deepEqual([code, killed], [0, false], started.running.lines.join("\n"));
    assert.ok(!started.running.lines.join("\n").includes(key), "the workspace's key is in no line");
    assert.deepEqual(await leftovers(docker, instanceOf(container)), []);
  });

  it("gives only the access that was asked for", async () => {
    const { web, console: ssh } = await run([image, "--no-web"]).ready();
    assert.equal(web, undefined);
    assert.ok(ssh !== undefined);
    const other = await run([image, "--no-console"]).ready();
    assert.equal(other.console, undefined);
    assert.ok(other.web !== undefined);
  });

  it("does not start what breaks the contract, and names file, line and fix", async () => {
    const context = await makeContext({
      Dockerfile:
        "FROM debian:bookworm-slim\nRUN useradd --uid 1000 --gid 100 ica\nCOPY --chmod=0755 ica_start.sh /usr/local/bin/ica_start.sh\nUSER ica\n",
      "ica_start.sh": "#!/bin/bash\r\nexec sleep infinity\r\n",
    });
    try {
      const { code, stdout } = await icaBench(["run", context]);
      assert.equal(code, 1);
      assert.match(stdout, /error ICA008 .*ica_start\.sh:1:12: .*Windows line ends/);
      assert.match(stdout, /fix: Save the file with LF/);
      assert.match(stdout, /^Failed: Bench would refuse this image: 1 error/m);
      assert.doesNotMatch(stdout, /RUN useradd/, "nothing was built");
      const forced = await icaBench(["run", context, "--force"]);
      assert.equal(forced.code, 1);
      assert.match(forced.stdout, /Failed: .*Windows line ends/, "and this is what Bench would have come to");
    } finally {
      await removeContext(context);
    }
  });

  it("counts the restarts of a main process that ends, and gives up with its last output", async () => {
    const crashing = await spoiltImage(docker, "crashing", script("echo boom", "exit 7"));
    const started = run([crashing, "--no-console"]);
    const { code } = await started.running.ended;
    assert.equal(code, 1);
    assert.deepEqual(
      started.events().flatMap(({ event, restarts, exitCode }) => (event === "ended" ? [[restarts, exitCode]] : [])),
      [1, 2, 3, 4].map((restarts) => [restarts, 7]),
    );
    assert.equal(started.events().filter(({ event, line }) => event === "log" && line === "boom").length, 5);
    assert.match(String(started.find("failed")?.message), /ended 5 times right after its start, last with exit code 7/);
  });

  it("says that a main process was killed, 30 s after TERM", async () => {
    const deaf = await spoiltImage(docker, "deaf", script('trap "" TERM', "echo deaf", "while true; do sleep 1; done"));
    const started = run([deaf, "--no-web", "--no-console"]);
    await started.ready();
    const { code, seconds, killed } = await started.interrupt();
    assert.equal(killed, true);
    assert.ok(seconds >= 30 && seconds < 60, `${seconds} s`);
    assert.equal(code, 1);
  });

  it("does not wait after a second Ctrl-C", async () => {
    const deaf = await spoiltImage(docker, "deaf", script('trap "" TERM', "echo deaf", "while true; do sleep 1; done"));
    const started = run([deaf, "--no-web", "--no-console"]);
    await started.ready();
    started.running.child.kill("SIGINT");
    await started.told("stopping");
    const { code, seconds, killed } = await started.interrupt();
    assert.equal(killed, true);
    assert.ok(seconds < 25, `${seconds} s`);
    assert.equal(code, 1);
    assert.deepEqual(await leftovers(docker, instanceOf(made.parse(started.find("made")).container)), []);
  });

  it("stops, and leaves nothing, when its terminal is closed", async () => {
    const started = run([image, "--no-web"]);
    await started.ready();
    started.running.child.kill("SIGHUP");
    assert.equal((await started.running.ended).code, 0);
    assert.deepEqual(await leftovers(docker, instanceOf(made.parse(started.find("made")).container)), []);
  });

  it("stops and leaves nothing behind when its output has no reader any more", async () => {
    const talking = script('trap "exit 0" TERM', "while true; do echo tick; sleep 0.2; done");
    const started = run([await spoiltImage(docker, "talking", talking), "--no-web", "--no-console"]);
    await started.ready();
    started.running.child.stdout?.destroy();
    const { code, stderr } = await started.running.ended;
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.deepEqual(await leftovers(docker, instanceOf(made.parse(started.find("made")).container)), []);
  });

  it("lets a restricted workspace reach the allowed site only, and reports refused connections", async function () {
    this.timeout(300_000);
    // Made here it does not count as a part of the start: it comes over the network, which may take minutes.
    await ensureGatewayImage(docker, () => undefined);
    const started = run([image, "--restricted", "--allow", "http://allowed.test/pub"]);
    const { container, outside } = made.parse(await started.told("made"));
    const server = await docker.createContainer({
      Image: image,
      User: "0",
      Entrypoint: ["bash", "-c", "mkdir -p /tmp/w/pub && cd /tmp/w && exec python3 -m http.server 80"],
      Labels: { "pulumi-ica": "test" },
      HostConfig: { NetworkMode: outside ?? "" },
      NetworkingConfig: { EndpointsConfig: { [outside ?? ""]: { Aliases: ["allowed.test", "blocked.test"] } } },
    });
    try {
      await server.start();
      const { console: ssh } = await started.ready();
      assert.ok(ssh !== undefined);
      const curl = (url: string) => sh(docker, container, `curl -s -m 10 -o /dev/null -w '%{http_code}' '${url}'`);
      await until("the site answers", async () => (await curl("http://allowed.test/pub/")) === "200");
      assert.equal(await curl("http://blocked.test/pub/"), "403");
      assert.equal(await curl("http://allowed.test/private"), "403");
      assert.match((await overSsh(ssh, "echo $HTTP_PROXY")).output, /^http:\/\/.*:3128$|^$/);
      await started.told("refused", { method: "GET", address: "http://blocked.test/pub/", status: 403 });
      await started.told("refused", { method: "GET", address: "http://allowed.test/private" });
      assert.equal(started.find("refused", { address: "http://allowed.test/pub/" }), undefined);
      const { code } = await started.interrupt();
      assert.equal(code, 0);
      assert.deepEqual(await leftovers(docker, instanceOf(container)), []);
    } finally {
      await server.remove({ force: true });
    }
  });

  it("keeps /data between runs in a volume of its own, and leaves volumes of others alone", async () => {
    const kept = docker.getVolume(`pulumi-ica-test-kept-${process.pid}`);
    const foreign = docker.getVolume(`pulumi-ica-test-foreign-${process.pid}`);
    try {
      const { stdout: first, code } = await shell("echo kept > /data/note; stat -c %u:%g /data", "--data", kept.name);
      assert.equal(code, 0, first);
      assert.match(first, /^1000:100$/m);
      assert.match((await shell("cat /data/note", "--data", kept.name)).stdout, /^kept$/m);
      assert.doesNotMatch((await shell("cat /data/note")).stdout, /^kept$/m, "without it /data starts empty");

      await docker.createVolume({ Name: foreign.name, Labels: { "pulumi-ica": "test" } });
      const refused = await shell("id", "--data", foreign.name);
      assert.equal(refused.code, 2);
      assert.match(refused.stdout, /was not made to be the \/data of a workspace/);
    } finally {
      for (const volume of [kept, foreign])
        await volume.remove().catch((error: unknown) => assert.equal(dockerStatus(error), 404));
    }
  });

  it("opens a shell as 1000:100, whose end stops the workspace", async () => {
    const { code, stdout } = await shell("id -u; id -g; exit 3");
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^1000\n100\n\nStopping: /m);
    assert.match(stdout, /Stopped: ica_start\.sh ended \d+\.\d s after TERM/);
  });

  it("cleans up after a run that was killed", async () => {
    const killed = run([image, "--no-web"]);
    await killed.ready();
    const instance = instanceOf(made.parse(killed.find("made")).container);
    killed.running.child.kill("SIGKILL");
    await killed.running.ended;
    assert.notDeepEqual(await leftovers(docker, instance), []);
    const alive = run([image, "--no-web"]);
    await alive.ready();
    const next = run([image, "--no-web"]);
    await next.ready();
    assert.deepEqual(await leftovers(docker, instance), [], "everything without an owner is removed");
    assert.notDeepEqual(
      await leftovers(docker, instanceOf(made.parse(alive.find("made")).container)),
      [],
      "what lives is left alone",
    );
  });

  it("ends with 2, and says why, when it cannot run", async () => {
    for (const [args, words] of [
      [["run", "pulumi-ica-test/not-there:1"], /neither a folder nor an image.*docker pull/],
      [["run", image, "--allow", "http://a.test"], /--allow is for --restricted/],
      [["run", image, "--json", "--shell"], /leave out --json/],
      [["run", image, "--memory", "lots"], /512m or 2g/],
      [["run", image, "--data", "./folder"], /name of a Docker volume/],
      [["run", image, "--env", "ICA_WORKSPACE=1"], /Bench sets this variable itself/],
      [["run", image, "--restricted", "--allow", "not a url"], /is not a URL such as/],
    ] as const) {
      const { code, stdout, stderr } = await icaBench(args);
      assert.equal(code, 2, `${args.join(" ")}: ${stdout}${stderr}`);
      assert.match(stdout + stderr, words);
    }
  });

  /** Types a command into `--shell`. */
  async function shell(command: string, ...options: string[]): Promise<{ code: number | null; stdout: string }> {
    const started = start(["run", image, "--no-web", "--no-console", "--shell", ...options]);
    started.child.stdin?.end(`${command}\n`);
    return started.ended;
  }
});
