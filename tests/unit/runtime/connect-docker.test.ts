import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { connectDocker } from "../../../runtime/docker/connect";
import { setEnvironment } from "../../support/programs/environment";

describe("connecting to Docker's engine", () => {
  let dir: string;
  let socket: string;
  let engine: Server;
  let environmentBack: () => void;

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "ica-"));
    const home = path.join(dir, "Jörg's home");
    await mkdir(home);
    socket = path.join(home, "docker.sock");
    engine = createServer((_request, response) => response.end("OK"));
    await new Promise<void>((resolve) => engine.listen(socket, resolve));
  });
  afterEach(async () => {
    environmentBack();
    engine.close();
    await rm(dir, { recursive: true, force: true });
  });

  /** A docker client whose current context is the engine of this test. */
  async function client(): Promise<string> {
    const file = path.join(dir, "docker");
    await writeFile(file, `#!/bin/sh\necho "unix://${socket}"\n`, { mode: 0o755 });
    return file;
  }

  it("finds the socket of a context in a folder whose name is not plain ASCII", async () => {
    environmentBack = setEnvironment({ DOCKER_HOST: undefined });
    await connectDocker(await client());
  });

  it("asks the client that ICA_BENCH_DOCKER names for its context, when none was given", async () => {
    environmentBack = setEnvironment({ DOCKER_HOST: undefined, ICA_BENCH_DOCKER: await client() });
    const { modem } = await connectDocker();
    assert.equal(Reflect.get(modem, "socketPath"), socket);
  });
});
