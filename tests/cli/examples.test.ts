import { strict as assert } from "node:assert";
import type Dockerode from "dockerode";
import { connectDocker } from "../../runtime/docker/connect";
import { overSsh } from "../support/programs/ssh";
import { Run } from "./events";
import { websocketAnswer } from "./websocket";

/** As a user runs them: built from the folder, under Bench's rules, stopped with Ctrl-C. */
describe("the examples through ica-bench run", function () {
  this.timeout(240_000);
  let docker: Dockerode;
  let run: Run | undefined;

  before(async () => {
    docker = await connectDocker();
  });
  afterEach(() => run?.end());

  async function assertStopsCleanly(started: Run): Promise<void> {
    const { code, seconds, killed, stderr } = await started.interrupt();
    assert.equal(killed, false, "it ends by itself within 30 s of TERM");
    assert.ok(seconds < 30, `${seconds} s`);
    assert.equal(code, 0, stderr);
    const images = await docker.listImages({ filters: { reference: ["pulumi-ica/run"] } });
    assert.deepEqual(
      images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => tag.includes(`-${started.running.child.pid}-`)),
      [],
      "the image it built is gone",
    );
  }

  it("console: sshd lets in with the password of the run, as 1000:100, with Bench's variables", async () => {
    run = new Run(["examples/console"]);
    const { console: ssh, web } = await run.ready();
    assert.equal(web, undefined, "an image that has no web server offers none");
    assert.ok(ssh !== undefined);
    assert.equal((await overSsh(ssh, "id -u; id -g; pwd; echo $ICA_CONSOLE_ENABLED")).output, "1000\n100\n/data\ntrue");
    assert.match(
      (await overSsh(ssh, "touch /usr/x; touch /data/x && echo written")).output,
      /Read-only file system\r?\nwritten$/,
    );
    await assert.rejects(overSsh({ ...ssh, password: "guess" }, "id"), "another password opens nothing");
    assert.equal(
      run.running.lines.filter((line) => line.includes(ssh.password)).length,
      1,
      "the password is printed once",
    );
    await assertStopsCleanly(run);
  });

  it("web: nginx answers under the path of the workspace, links included", async () => {
    run = new Run(["examples/web"]);
    const { web, console: ssh } = await run.ready();
    assert.equal(ssh, undefined);
    assert.match(web ?? "", /^http:\/\/127\.0\.0\.1:\d+\/bench-n-(\d{8})-i\1\/$/);
    const page = await fetch(web ?? "");
    assert.match(await page.text(), /Hello from a Bench workspace/);
    const style = await fetch(new URL("style.css", web));
    assert.equal(style.headers.get("Content-Type"), "text/css");
    const bare = await fetch((web ?? "").replace(/\/$/, ""), { redirect: "manual" });
    assert.equal(bare.status, 302, "without the slash it leads to the page");
    assert.equal(bare.headers.get("Location"), new URL(web ?? "").pathname);
    assert.equal((await fetch(new URL("/", web))).status, 404, "nothing is outside of the path");
    await assertStopsCleanly(run);
  });

  it("rstudio: the application answers behind nginx, and its session is a websocket with state in /data", async () => {
    run = new Run(["examples/rstudio"]);
    const { web } = await run.ready();
    const page = await fetch(web ?? "");
    assert.match(await page.text(), /A session in a Bench workspace/);
    assert.match(
      page.headers.get("Content-Security-Policy") ?? "",
      /frame-ancestors 'self' https:\/\/\*\.illumina\.com/,
    );
    const session = new URL("session", web).href;
    assert.equal(await websocketAnswer(session, "library(ica)"), "[1] library(ica)");
    assert.equal(await websocketAnswer(session, "q()"), "[2] q()", "another session goes on with the history");
    await assertStopsCleanly(run);
  });
});
