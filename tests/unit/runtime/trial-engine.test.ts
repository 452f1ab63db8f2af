import assert from "node:assert/strict";
import path from "node:path";
import Dockerode from "dockerode";
import { isLocal } from "../../../runtime/docker/connect";
import { command } from "../../support/programs/command";

const repository = path.join(__dirname, "../../..");

describe("the Docker engine of a trial", () => {
  it("is on this machine, or refused", () => {
    assert.ok(isLocal(new Dockerode({ socketPath: "/run/user/1000/docker.sock" })));
    assert.ok(isLocal(new Dockerode({ host: "127.0.0.1", port: 2375, protocol: "http" })));
    assert.ok(isLocal(new Dockerode({ host: "localhost", port: 2375, protocol: "http" })));
    assert.ok(!isLocal(new Dockerode({ host: "build.example.org", port: 2375, protocol: "http" })));
    assert.ok(!isLocal(new Dockerode({ protocol: "ssh", host: "build.example.org", username: "me" })));
  });

  it("is no business of a preview: the provider loads without a client of Docker's API", async () => {
    const script =
      'require("./provider/index.ts"); const loaded = Object.keys(require.cache).map((f) => require("path").relative(".", f)); ' +
      'console.log(JSON.stringify(loaded.filter((f) => /^runtime|node_modules.(dockerode|ssh2)\\b/.test(f)).sort()), loaded.some((f) => f.startsWith("provider")))';
    const { stdout } = await command(process.execPath, ["--import", "tsx", "-e", script], { cwd: repository });
    assert.equal(stdout, '["runtime/allowed-url.ts","runtime/bench-facts.ts","runtime/printable.ts"] true');
  });
});
