import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type ClientRequest, request } from "node:http";
import type Dockerode from "dockerode";
import { z } from "zod";
import { type Emulator, startEmulator } from "../../../emulator/server";
import { Names } from "../../../runtime";
import { connectDocker } from "../../../runtime/docker/connect";
import { ensureGatewayImage } from "../../../runtime/network/gateway-image";
import { benchImage, leftovers, sh, spoiltImage, until } from "../../runtime/support";
import { Calls, expect, settings, temporaryFolder, type WorkspaceView } from "./support";

const echo = z.object({ path: z.string(), headers: z.record(z.string(), z.string()) });

describe("the life of a workspace", function () {
  this.timeout(120_000);
  let docker: Dockerode;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let emulator: Emulator;
  let calls: Calls;
  let imageId: string;
  let id: string;

  const container = () => new Names(emulator.instance).container(id);
  const inside = (command: string) => sh(docker, container(), command);
  /** Through the workspace's address, once its web server answers. */
  const page = (url: string) =>
    until(`${url} answers`, async () => {
      const res = await fetch(url);
      return res.status === 200 ? echo.parse(await res.json()) : undefined;
    });

  before(async () => {
    docker = await connectDocker();
    folder = await temporaryFolder();
    emulator = await startEmulator({ port: 0, dir: folder.dir });
    assert.ok(emulator.apiKey !== undefined);
    calls = new Calls(emulator.url, emulator.apiKey, emulator.projectId);
    imageId = await calls.image(await benchImage(docker), "bench");
    id = (await calls.create(settings(imageId))).id;
  });

  after(async () => {
    await emulator.close({ removeAll: true });
    assert.deepEqual(await leftovers(docker, emulator.instance), [], "nothing is left in Docker");
    await folder.remove();
  });

  describe("running", () => {
    let running: WorkspaceView;

    before(async () => {
      await calls.start(id);
      assert.equal((await calls.get(id)).status, "Starting");
      running = await calls.becomes(id, "Running");
    });

    it("has a web address under the documented path", async () => {
      const number = await inside("echo $ICA_WORKSPACE");
      assert.match(number, /^[1-9]\d{7}$/);
      assert.equal(running.webUrl, `${emulator.url}/bench-n-${number}-i${number}/`);
      assert.equal(await inside("echo $ICA_BENCH_URL"), new URL(emulator.url).host);
      assert.equal(await inside("echo $ICA_URL"), `${emulator.url}/ica`);
    });

    it("answers there, with its path unchanged and the headers of a proxy", async () => {
      const url = `${running.webUrl}a/b?c=d`;
      const { path, headers } = await page(url);
      assert.equal(path, new URL(url).pathname + new URL(url).search);
      assert.equal(headers["x-forwarded-proto"], "http");
      assert.equal(headers["x-forwarded-host"], new URL(url).host);
      assert.match(headers["x-forwarded-for"] ?? "", /127\.0\.0\.1/);
    });

    it("answers over a websocket there", async () => {
      const key = randomBytes(16).toString("base64");
      const socket = request(`${running.webUrl}socket`, {
        headers: {
          Connection: "Upgrade",
          Upgrade: "websocket",
          "Sec-WebSocket-Key": key,
          "Sec-WebSocket-Version": "13",
        },
      });
      assert.equal(await echoOverWebsocket(socket, key, "over the socket"), "over the socket");
    });

    it("has an API key of its own that the emulator knows", async () => {
      const own = await inside("echo $ICA_SERVICE_ACCOUNT_USER_API_KEY");
      const itself = new Calls(emulator.url, own, calls.projectId);
      assert.equal((await itself.on("GET", `/${id}`)).status, 200);
    });

    it("may be renamed and given more disk, and nothing else", async () => {
      expect(200, await calls.on("PUT", `/${id}`, settings(imageId, { name: "renamed", storageSizeInGb: 100 })));
      const network = { mode: "RESTRICTED", allowedUrls: ["a.org"] };
      const answer = await calls.on(
        "PUT",
        `/${id}`,
        settings(imageId, { name: "renamed", storageSizeInGb: 100, network }),
      );
      assert.equal(answer.status, 409);
      expect(200, await calls.on("PUT", `/${id}`, settings(imageId, { storageSizeInGb: 100 })));
    });

    it("can be neither started nor deleted", async () => {
      assert.equal((await calls.on("POST", `/${id}:start`)).status, 409);
      assert.equal((await calls.on("POST", `/${id}:delete`)).status, 409);
    });

    it("reports that its main process was started again", async () => {
      await inside("kill -TERM 1");
      const told = await until("the status reports the restart", async () => (await calls.get(id)).statusMessage);
      assert.match(told, /ended with exit code 0 and was started again \(once so far\)/);
      await page(String(running.webUrl));
      assert.equal((await calls.get(id)).status, "Running");
    });
  });

  describe("stopped", () => {
    let own: string;

    before(async () => {
      own = await inside("echo kept > /data/mine; echo $ICA_SERVICE_ACCOUNT_USER_API_KEY");
      const { webUrl } = await calls.get(id);
      await calls.stop(id);
      const during = await fetch(String(webUrl));
      assert.equal(during.status, 503, "while it stops, it accepts no one");
      assert.match(await during.text(), /Server Connection Error/);
      await calls.becomes(id, "Stopped");
    });

    it("has no address, no container and no network", async () => {
      const stopped = await calls.get(id);
      assert.deepEqual([stopped.webUrl, stopped.consoleHost, stopped.consolePort], [undefined, undefined, undefined]);
      const names = await leftovers(docker, emulator.instance);
      assert.ok(
        names.every((name) => /-(data|auth|software)$/.test(name)),
        names.join(" "),
      );
    });

    it("no longer has an API key", async () => {
      assert.equal((await new Calls(emulator.url, own, calls.projectId).on("GET", "")).status, 401);
    });

    it("has its number and its data when it runs again", async () => {
      await calls.start(id);
      const again = await calls.becomes(id, "Running");
      assert.equal(await inside("cat /data/mine"), "kept");
      assert.match(again.webUrl ?? "", new RegExp(`-i${await inside("echo $ICA_WORKSPACE")}/$`));
    });
  });

  describe("later", () => {
    it("continues after an ordinary end of the emulator: it stops and starts with it", async () => {
      const before = await calls.get(id);
      await emulator.close();
      assert.ok((await leftovers(docker, emulator.instance)).every((name) => /-(data|auth|software)$/.test(name)));
      emulator = await startEmulator({ port: 0, dir: folder.dir, apiKey: calls.apiKey });
      calls = new Calls(emulator.url, calls.apiKey, emulator.projectId);
      const after = await until("it runs again", async () => {
        const found = await calls.get(id);
        return found.status === "Running" && found.consolePort !== undefined ? found : undefined;
      });
      assert.equal(after.consolePort, before.consolePort, "its console is where it was");
      assert.equal(await inside("cat /data/mine"), "kept");
    });

    it("continues when the container is removed", async () => {
      await docker.getContainer(container()).remove({ force: true });
      await until("there is another container", async () => {
        const found = await docker.listContainers({
          filters: { label: [`pulumi-ica.workspace=${id}`, "pulumi-ica=workspace"] },
        });
        return found.length > 0 ? true : undefined;
      });
      await page(String((await calls.get(id)).webUrl));
      assert.equal(await inside("cat /data/mine"), "kept");
    });

    it("can be stopped while it is starting", async () => {
      const { id: hasty } = await calls.create(settings(imageId, { name: "hasty" }));
      await calls.start(hasty);
      await calls.stop(hasty);
      await calls.becomes(hasty, "Stopped");
      await calls.start(hasty);
      await calls.becomes(hasty, "Running");
      await calls.stop(hasty);
      await calls.becomes(hasty, "Stopped");
      expect(204, await calls.on("POST", `/${hasty}:delete`));
    });

    it("fails with Docker's message, can be given another image, and then runs", async () => {
      const broken = await calls.image(
        await spoiltImage(docker, "broken", "chmod 0644 /usr/local/bin/ica_start.sh"),
        "broken",
      );
      const { id: failing } = await calls.create(settings(broken, { name: "failing" }));
      await calls.start(failing);
      const failed = await calls.becomes(failing, "Failed");
      assert.match(failed.statusMessage ?? "", /not executable for user 1000.*Docker says: .*permission denied/);
      expect(200, await calls.on("PUT", `/${failing}`, settings(imageId, { name: "failing" })));
      await calls.start(failing);
      assert.equal((await calls.becomes(failing, "Running")).statusMessage, undefined);
      await calls.stop(failing);
      await calls.becomes(failing, "Stopped");
      expect(204, await calls.on("POST", `/${failing}:delete`));
      await docker.getImage("pulumi-ica-test/broken:latest").remove({ force: true });
    });

    it("can be restricted: reached from outside, and reaching out through its proxy only", async function () {
      this.timeout(300_000);
      // Made here it does not count as a part of the start: it comes over the network, which may take minutes.
      await ensureGatewayImage(docker, () => undefined);
      const network = { mode: "RESTRICTED", allowedUrls: ["http://allowed.test"] };
      const { id: restricted } = await calls.create(settings(imageId, { name: "restricted", network }));
      await calls.start(restricted);
      const { webUrl } = await calls.becomes(restricted, "Running");
      await page(String(webUrl));
      const name = new Names(emulator.instance).container(restricted);
      const code = "curl -s -m 10 -o /dev/null -w '%{http_code}'";
      const refused = await until("its proxy answers", async () => {
        const found = await sh(docker, name, `${code} http://blocked.test/`);
        return found === "000" ? undefined : found;
      });
      assert.equal(refused, "403");
      assert.match(
        await sh(docker, name, `${code} http://allowed.test/`),
        /^50[23]$/,
        "allowed, but there is no such site",
      );
      const outside = await docker.getNetwork(emulator.workspaces.outsideNetwork).inspect();
      assert.equal(Object.keys(outside.Containers ?? {}).length, 1, "the gateway is on the network for stand-in sites");
      await calls.stop(restricted);
      await calls.becomes(restricted, "Stopped");
    });

    it("says so when its image is not in Docker", async () => {
      const missing = await calls.image("pulumi-ica-test/not-there:1", "missing");
      const { id: lost } = await calls.create(settings(missing, { name: "lost" }));
      await calls.start(lost);
      assert.match(
        (await calls.becomes(lost, "Failed")).statusMessage ?? "",
        /No such image: pulumi-ica-test\/not-there:1/,
      );
      expect(204, await calls.on("POST", `/${lost}:delete`));
    });

    it("ends with a delete that takes its disk along", async () => {
      await calls.stop(id);
      await calls.becomes(id, "Stopped");
      expect(204, await calls.on("POST", `/${id}:delete`));
      assert.equal((await calls.on("GET", `/${id}`)).status, 404);
      const names = await leftovers(docker, emulator.instance);
      assert.ok(!names.some((name) => name.includes(id)), names.join(" "));
    });
  });
});

/** Sends one text frame and returns the text of the frame that comes back. */
async function echoOverWebsocket(upgrade: ClientRequest, key: string, text: string): Promise<string> {
  upgrade.end();
  const [res, socket] = await once(upgrade, "upgrade");
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  assert.equal(res.headers["sec-websocket-accept"], accept);
  // a zero mask leaves the text as it is
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]));
  const [frame]: Buffer[] = await once(socket, "data");
  socket.destroy();
  return frame?.subarray(2).toString("utf8") ?? "";
}
