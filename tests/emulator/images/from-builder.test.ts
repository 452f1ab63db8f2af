import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { publish } from "../../../provider/bench-image/publish";
import { systemClock } from "../../../provider/clock";
import type { Context } from "../../../provider/context";
import { Docker } from "../../../provider/docker/cli";
import { IcaClient } from "../../../provider/ica/client";
import { newRunMemory } from "../../../provider/run-memory";
import { configFor, RememberedLog } from "../../support/context";
import { imageInputs } from "../../support/factories";
import { type Entry, keptContract, layeredArchive } from "../../support/layered-archive";
import { openUploads } from "../../support/servers/open-uploads";
import { each, TestEmulator } from "../support";

/** Larger than one part of an upload, and hardly to be compressed. */
const ballast = 30 * 1024 * 1024;

describe("an image on its way from a builder to ICA", function () {
  this.timeout(120_000);
  let ica: TestEmulator;
  let log: RememberedLog;

  beforeEach(async () => {
    ica = await TestEmulator.start();
    log = new RememberedLog();
  });
  afterEach(() => ica.close());

  /**
   * A docker client that has a far builder, and does as buildx does there: progress on one output, the image on the other.
   * The real one is in tests/remote.
   */
  async function withBuilder(archive: Buffer, end = ""): Promise<Context> {
    const file = path.join(ica.dir, "image.tar");
    const command = path.join(ica.dir, "docker");
    await writeFile(file, archive);
    const script = `#!/bin/sh
case "$1 $2" in
"buildx inspect") echo "Name: $4"; echo "Driver: remote" ;;
"buildx build") echo "#1 [1/1] COPY a b" >&2; echo "#1 DONE 0.1s" >&2; cat '${file}'; ${end} ;;
*) echo "the local Docker has no part in this: $*" >&2; exit 1 ;;
esac
`;
    await writeFile(command, script, { mode: 0o755 });
    const { url, s3Url, projectId } = ica.emulator;
    const config = configFor(`${url}/ica/rest`, { apiKey: ica.apiKey, projectId, s3Endpoint: s3Url });
    return {
      config,
      client: new IcaClient({ baseUrl: config.baseUrl, apiKey: ica.apiKey, clock: systemClock }),
      docker: async () => new Docker({ command, builds: "buildx" }),
      log,
      clock: systemClock,
      signal: new AbortController().signal,
      run: newRunMemory(),
    };
  }

  const published = async (context: Context, changes: Parameters<typeof imageInputs>[0] = {}) =>
    publish(
      context,
      imageInputs({
        projectId: ica.emulator.projectId,
        build: { context: "./image", builder: "far" },
        archive: { compression: "none" },
        ...changes,
      }),
    );

  const archives = async () =>
    each(await ica.ok("GET", ica.data), "items", "data", "details", "path").filter((file) =>
      String(file).startsWith("/bench-images/rstudio"),
    );
  const layers = (...more: Entry[]) => [
    [...keptContract, { name: "opt/ballast", text: Buffer.alloc(ballast, "b") }],
    more,
  ];

  for (const compression of ["none", "bzip2"] as const) {
    it(`is published with the digest that came with it (compression: ${compression})`, async () => {
      const { bytes, configDigest } = await layeredArchive({ layers: layers({ name: "opt/more", text: "x" }) });
      const { state } = await published(await withBuilder(bytes), { archive: { compression } });
      assert.equal(state.status, "AVAILABLE");
      assert.equal(state.imageDigest, configDigest);
      if (compression === "none") assert.equal(state.archiveSize, bytes.length);
      assert.equal((await archives()).length, 1);
      assert.ok(log.lines.includes("built [1/1] COPY a b (0.1s)"), log.lines.join("\n"));
    });
  }

  it("leaves nothing in the project when it breaks the contract, which is known only at its last byte", async () => {
    const faulty = { name: "usr/local/bin/ica_start.sh", mode: 0o644, text: "#!/bin/bash\n# 8888\n" };
    const { bytes } = await layeredArchive({ layers: layers(faulty) });
    await assert.rejects(published(await withBuilder(bytes)), /ICA005[\s\S]*verify: "none" publishes it all the same/);
    assert.deepEqual(await archives(), []);
    assert.deepEqual(await openUploads(ica.dir), []);
    assert.deepEqual(
      each(await ica.ok("GET", "/api/dockerImages", { mediaType: "application/vnd.illumina.v4+json" }), "items", "id"),
      [],
    );
  });

  it('is taken as it is with verify: "none"', async () => {
    const faulty = { name: "usr/local/bin/ica_start.sh", mode: 0o644, text: "#!/bin/bash\n" };
    const { bytes, configDigest } = await layeredArchive({ layers: layers(faulty) });
    const { state } = await published(await withBuilder(bytes), { verify: "none" });
    assert.equal(state.imageDigest, configDigest);
  });

  it("fails with the builder's words when it ends in the middle, holds no parts, and is sent again by the next run", async () => {
    const { bytes, configDigest } = await layeredArchive({ layers: layers() });
    const words = "ERROR: failed to receive status: rpc error: code = Unavailable desc = closing transport";
    const broken = await withBuilder(bytes.subarray(0, ballast / 2), `echo "${words}" >&2; exit 1`);
    await assert.rejects(
      published(broken),
      /docker build failed: ERROR: failed to receive status.*\nThe builder ended/,
    );
    assert.deepEqual(await openUploads(ica.dir), []);
    assert.equal((await published(await withBuilder(bytes))).state.imageDigest, configDigest);
    assert.equal((await archives()).length, 1);
  });

  it("does not even make a file in the project when the build fails", async () => {
    const context = await withBuilder(
      Buffer.alloc(0),
      'echo "#1 ERROR: process did not complete successfully: exit code: 7" >&2; exit 1',
    );
    await assert.rejects(published(context), /docker build failed at \[1\/1\] COPY a b/);
    assert.deepEqual(await archives(), []);
  });
});
