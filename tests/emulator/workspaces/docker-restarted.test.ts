import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { connectDocker } from "../../../runtime/docker/connect";
import { ensureGatewayImage, gatewayImage } from "../../../runtime/network/gateway-image";
import { benchImage } from "../../runtime/support";

const program = path.join(__dirname, "../../fixtures/docker-restarted.ts");

const has = (name: string) => spawnSync("which", [name], { stdio: "ignore" }).status === 0;
const absent =
  process.platform !== "linux" || process.getuid?.() !== 0
    ? "it needs root on Linux, for a Docker engine of its own"
    : ["dockerd", "unshare", "ip"].every(has)
      ? undefined
      : "it needs dockerd, unshare and ip, for a Docker engine of its own";

describe(`an emulator whose Docker engine is restarted${absent === undefined ? "" : ` (skipped: ${absent})`}`, function () {
  this.timeout(300_000);
  let dir: string;

  before(async function () {
    if (absent !== undefined) {
      this.skip();
    }
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-test-"));
  });
  after(async () => {
    if (dir !== undefined) await rm(dir, { recursive: true, force: true });
  });

  it("finds its workspace again, which ended with the engine, and doubles none", async () => {
    const docker = await connectDocker();
    const image = await benchImage(docker);
    const archive = path.join(dir, "image.tar");
    await ensureGatewayImage(docker, () => undefined);
    // the engine of its own has no way out to build the gateway's
    const images = spawn("docker", ["save", "--output", archive, image, gatewayImage], { stdio: "inherit" });
    assert.deepEqual(await once(images, "exit"), [0, null]);
    // a network of its own: a second engine in ours would rewrite the rules of the first
    const command = 'ip link set lo up && exec "$@"';
    const child = spawn(
      "unshare",
      ["--net", "sh", "-c", command, "sh", process.execPath, "--import", "tsx", program, dir, archive, image],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const log = async () => (await readFile(path.join(dir, "dockerd.log"), "utf8").catch(() => "")).slice(-3000);
    assert.notEqual(stdout, "", `${stderr}\n${await log()}`);
    assert.deepEqual(JSON.parse(stdout), { whileDown: "Running", status: "Running", containers: 1, left: 0 });
  });
});
