import assert from "node:assert/strict";
import type Dockerode from "dockerode";
import { connectDocker } from "../../../runtime/docker/connect";
import { benchImage, leftovers, sh, until } from "../../runtime/support";
import { TestEmulator } from "../support";
import { Calls, settings } from "../workspaces/support";

/** One emulator with a workspace that runs. */
interface Site {
  readonly server: TestEmulator;
  readonly calls: Calls;
  readonly id: string;
}

describe("two emulators at once", function () {
  this.timeout(120_000);
  let docker: Dockerode;
  let sites: Site[] = [];

  before(async () => {
    docker = await connectDocker();
    const reference = await benchImage(docker);
    sites = await Promise.all(
      [1, 2].map(async () => {
        const server = await TestEmulator.start();
        const calls = new Calls(server.emulator.url, server.apiKey, server.emulator.projectId);
        const { id } = await calls.create(settings(await calls.image(reference, "bench"), { name: "same-name" }));
        await calls.start(id);
        await calls.becomes(id, "Running");
        return { server, calls, id };
      }),
    );
  });

  after(async () => {
    for (const { server } of sites) await server.close();
  });

  const inside = async ({ id }: Site, command: string) => {
    const [found] = await docker.listContainers({
      filters: { label: [`pulumi-ica.workspace=${id}`, "pulumi-ica=workspace"] },
    });
    return sh(docker, String(found?.Id), command);
  };
  const page = async ({ calls, id }: Site) => {
    const { webUrl } = await calls.get(id);
    return until("its web server answers", async () => {
      const answer = await fetch(String(webUrl));
      return answer.status === 200 ? answer : undefined;
    });
  };

  it("keep workspaces of one name apart: disks, projects, addresses and keys", async () => {
    const [one, two] = sites;
    assert.ok(one !== undefined && two !== undefined);
    await inside(one, "echo one > /data/mine; echo one > /data/project/ours");
    assert.equal(await inside(two, "ls /data/mine /data/project/ours 2>/dev/null"), "");
    for (const site of sites) await page(site);
    assert.equal(
      (await new Calls(two.server.emulator.url, one.calls.apiKey, two.calls.projectId).on("GET", "")).status,
      401,
    );
    assert.equal((await two.calls.on("GET", `/${one.id}`)).status, 404);
  });

  it("end apart: purging one leaves the other as it was", async () => {
    const [one, two] = sites;
    assert.ok(one !== undefined && two !== undefined);
    sites = [two];
    const { instance } = one.server.emulator;
    await one.server.close();
    assert.deepEqual(await leftovers(docker, instance), []);
    assert.equal((await page(two)).status, 200);
    assert.equal(await inside(two, "wc -l < /data/starts"), "1");
  });
});
