import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { runningOn } from "../../../emulator/state/lock";
import { connectDocker } from "../../../runtime/docker/connect";
import { program } from "../../cli/process";
import { imageArchive } from "../images/archives";
import { at, awsOf, call, each, s3Client, until, V4 } from "../support";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe("ica-bench emulator", function () {
  this.timeout(90_000);
  let home: string;
  let dir: string;

  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), "pulumi-ica-cli-"));
    dir = path.join(home, "state", "emulator");
  });
  afterEach(async () => {
    const running = await runningOn(dir);
    if (running !== undefined) {
      process.kill(running.pid, "SIGKILL");
    }
    await rm(home, { recursive: true, force: true });
  });

  function run(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
    const { ICA_API_KEY: _dropped, ...clean } = process.env;
    return new Promise((resolve) => {
      const command = [program, "emulator", ...args, "--dir", dir];
      execFile(process.execPath, command, { env: { ...clean, ...env } }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });
  }

  const start = (env: Record<string, string> = {}, ...args: string[]) => run(["start", "--port", "0", ...args], env);

  /** What `eval` would set. */
  function settings({ stdout, stderr, code }: Outcome): Record<string, string> {
    assert.equal(code, 0, stderr);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => /^export (\w+)=(\S+)$/.exec(line));
    assert.ok(
      lines.every((line) => line !== null),
      stdout,
    );
    return Object.fromEntries(lines.map((line) => [String(line?.[1]), String(line?.[2])]));
  }

  async function killed(): Promise<void> {
    const running = await runningOn(dir);
    assert.ok(running !== undefined);
    process.kill(running.pid, "SIGKILL");
    await until("it is gone", async () => ((await runningOn(dir)) === undefined ? true : undefined));
  }

  it("starts in the background and prints what a shell needs, with the key nowhere else", async () => {
    const first = await start();
    const env = settings(first);
    assert.deepEqual(Object.keys(env), ["ICA_BASE_URL", "ICA_PROJECT_ID", "ICA_S3_ENDPOINT", "ICA_API_KEY"]);
    assert.ok(first.stderr.includes(`To stop it: ica-bench emulator stop --dir ${dir}\n`), first.stderr);
    const { ICA_API_KEY: key = "", ICA_BASE_URL: url = "" } = env;
    const answer = await call(url, "GET", `/api/projects/${env.ICA_PROJECT_ID}`, { headers: { "X-API-Key": key } });
    assert.equal(answer.status, 200);
    assert.equal((await stat(dir)).mode & 0o777, 0o700);
    const { pid } = (await runningOn(dir)) ?? { pid: 0 };
    const texts = [await readFile(`/proc/${pid}/cmdline`, "utf8"), ...(await filesIn(dir))];
    assert.ok(!texts.some((text) => text.includes(key)));
    const [, signIn = ""] = /sign-in link \(valid 10 minutes\): (\S+)/.exec(first.stderr) ?? [];
    assert.match(signIn, new RegExp(`^http://localhost:${new URL(url).port}/#sign-in=[\\w-]{43}$`));
    assert.ok(!texts.some((text) => text.includes(new URL(signIn).hash.slice("#sign-in=".length))));

    const again = await start();
    assert.match(again.stderr, /runs already/);
    assert.deepEqual(Object.keys(settings(again)), ["ICA_BASE_URL", "ICA_PROJECT_ID", "ICA_S3_ENDPOINT"]);
    assert.match(again.stderr, /--new-key/);
    assert.equal(settings(await start({ ICA_API_KEY: key })).ICA_API_KEY, key);
    assert.equal(settings(await start({ ICA_API_KEY: "another" })).ICA_API_KEY, undefined);

    const status = await run(["status"]);
    assert.equal(status.code, 0);
    assert.match(status.stdout, new RegExp(`running at ${url}, process ${pid}`));
    assert.match(status.stdout, /^page {7}http:\/\/localhost:\d+\/ \(sign in with the API key\)$/m);
    const withKey = await run(["status"], { ICA_API_KEY: key });
    assert.match(withKey.stdout, /^page {7}http:\/\/localhost:\d+\/#sign-in=[\w-]{43}$/m);
    assert.equal((await run(["stop"])).code, 0);
    assert.equal((await run(["status"])).code, 3);
    await assert.rejects(fetch(url));

    const fresh = settings(await start({}, "--new-key"));
    assert.equal(fresh.ICA_PROJECT_ID, env.ICA_PROJECT_ID);
    const old = await call(String(fresh.ICA_BASE_URL), "GET", "/api/regions", { headers: { "X-API-Key": key } });
    assert.equal(old.status, 401);
    assert.equal((await run(["stop", "--purge"])).code, 0);
    await assert.rejects(stat(dir), { code: "ENOENT" });
  });

  it("has modes for many workspaces: none with a container, and a limit of calls a second", async () => {
    const env = settings(
      await start({ DOCKER_HOST: "tcp://127.0.0.1:9" }, "--no-containers", "--requests-per-second", "5"),
    );
    const url = String(env.ICA_BASE_URL);
    const headers = { "X-API-Key": String(env.ICA_API_KEY) };
    const answers = await Promise.all(Array.from({ length: 9 }, () => call(url, "GET", "/api/regions", { headers })));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))].sort(), [200, 429]);
    const { pid } = (await runningOn(dir)) ?? { pid: 0 };
    assert.match(await readFile(`/proc/${pid}/cmdline`, "utf8"), /--no-containers/);
    assert.equal((await run(["stop"])).code, 0);
  });

  it("takes orders of faults, shows them and forgets them", async () => {
    const env = settings(await start());
    const url = String(env.ICA_BASE_URL);
    const key = { ICA_API_KEY: String(env.ICA_API_KEY) };
    const fault = (...args: string[]) => run(["fault", ...args], key);
    const asked = async () =>
      (await call(url, "GET", "/api/regions", { headers: { "X-API-Key": key.ICA_API_KEY } })).status;

    const made = await fault("GET /api/regions", "--status", "429", "--retry-after", "1", "--times", "2");
    assert.equal(made.stdout, "0 of 2  GET /api/regions  status status=429 retryAfter=1\n", made.stderr);
    assert.deepEqual([await asked(), await asked(), await asked()], [429, 429, 200]);
    await fault("*", "--reset", "--after", "3");
    const shown = await fault("--list");
    assert.equal(
      shown.stdout,
      "2 of 2  GET /api/regions  status status=429 retryAfter=1\n0 of 1  * *  reset, after 3\n",
    );
    assert.equal((await fault("--clear")).code, 0);
    assert.equal((await fault("--list")).stdout, "");

    for (const [args, words] of [
      [["*"], /name the requests, and one of/],
      [["--reset"], /name the requests, and one of/],
      [["*", "--reset", "--drop"], /cannot be used with/],
      [["get regions", "--reset"], /a method and a path/],
      [["*", "--status", "200"], /fault\.status/],
      [["TRACE /x", "--reset"], /method: /],
    ] as const) {
      const { code, stderr } = await fault(...args);
      assert.notEqual(code, 0);
      assert.match(stderr, words);
    }
    assert.match((await run(["fault", "*", "--reset"])).stderr, /Set ICA_API_KEY/);
    assert.match((await run(["fault", "*", "--reset"], { ICA_API_KEY: "another" })).stderr, /API key of this emulator/);
    await run(["stop", "--purge"]);
    assert.match((await fault("--list")).stderr, /No emulator runs/);
  });

  it("takes the key from the environment", async () => {
    const env = settings(await start({ ICA_API_KEY: "a-key-of-my-own" }));
    assert.equal(env.ICA_API_KEY, "a-key-of-my-own");
    assert.ok(!(await filesIn(dir)).some((text) => text.includes("a-key-of-my-own")));
    await run(["stop", "--purge"]);
  });

  it("says so when its port is taken, and leaves nothing running", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const address = other.address();
    assert.ok(typeof address === "object" && address !== null);
    const { code, stderr, stdout } = await run(["start", "--port", String(address.port)]);
    other.close();
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /Port \d+ on 127\.0\.0\.1 is in use\. Choose another with --port/);
    assert.equal(await runningOn(dir), undefined);
  });

  it("is not kept from starting by what a killed one left", async () => {
    await start();
    await killed();
    assert.equal((await run(["status"])).code, 3);
    settings(await start());
    await run(["stop"]);
    await writeFile(path.join(dir, "emulator.pid"), "torn");
    settings(await start());
    await run(["stop", "--purge"]);
  });

  it("serves no workspace calls with --no-workspaces, also in the background", async () => {
    const env = settings(await start({}, "--no-workspaces"));
    const { ICA_API_KEY: key = "", ICA_BASE_URL: url = "" } = env;
    const headers = { "X-API-Key": key };
    const asked = await call(url, "GET", `/api/projects/${env.ICA_PROJECT_ID}/workspaces`, { headers, mediaType: V4 });
    assert.equal(asked.status, 404);
    assert.equal((await call(url, "GET", "/api/dockerImages", { headers, mediaType: V4 })).status, 200);
    await run(["stop", "--purge"]);
  });

  it("loses nothing that it acknowledged when it is killed at any moment", async () => {
    const env = settings(await start({}, "--image-delay", "3"));
    const { ICA_API_KEY: key = "", ICA_BASE_URL: url = "", ICA_S3_ENDPOINT: s3Url = "" } = env;
    const headers = { "X-API-Key": key };
    const data = `/api/projects/${env.ICA_PROJECT_ID}/data`;

    // An image that is not built yet.
    const body = { name: "image.tar", folderPath: "/bench-images/", formatCode: "DOCKER" };
    const made = (await call(url, "POST", `${data}:createFileWithTemporaryCredentials`, { headers, body })).body;
    const aws = awsOf(at(made, "tempCredentials"));
    const content = await imageArchive({ text: `kill ${Date.now()}` });
    await s3Client(s3Url, aws).send(new PutObjectCommand({ Bucket: aws.bucket, Key: aws.objectPrefix, Body: content }));
    const regions = each((await call(url, "GET", "/api/regions", { headers })).body, "items", "id");
    const create = {
      dockerDataId: at(made, "data", "id"),
      dockerDataProjectId: env.ICA_PROJECT_ID,
      name: "killed",
      version: "1",
      type: "BENCH",
      regions,
    };
    const image = await call(url, "POST", "/api/dockerImages:createInternal", { headers, body: create, mediaType: V4 });
    assert.equal(image.status, 201, JSON.stringify(image.body));

    // Files, as fast as they go, until the kill comes between.
    const acknowledged = new Map<string, string>();
    let alive = true;
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let n = 0; alive; n++) {
        const idempotency = `${writer}-${n}`;
        const answer = await call(url, "POST", `${data}:createFile`, {
          headers: { ...headers, "Idempotency-Key": idempotency },
          body: { name: `${idempotency}.txt`, folderPath: "/many/" },
        }).catch(() => undefined);
        alive = answer !== undefined;
        if (answer?.status === 201) {
          acknowledged.set(idempotency, String(at(answer.body, "data", "id")));
        }
      }
    });
    await until("some files are made", async () => (acknowledged.size > 20 ? true : undefined));
    await killed();
    await Promise.all(writers);

    const after = settings(await start({ ICA_API_KEY: key }, "--image-delay", "0"));
    const again = String(after.ICA_BASE_URL);
    assert.equal(after.ICA_PROJECT_ID, env.ICA_PROJECT_ID);
    for (const [idempotency, id] of acknowledged) {
      const found = await call(again, "GET", `${data}/${id}`, { headers });
      assert.equal(at(found.body, "data", "details", "path"), `/many/${idempotency}.txt`);
    }
    // The request that the kill may have cut off, and one that was acknowledged: both make nothing twice.
    for (const idempotency of [...acknowledged.keys()].slice(-2)) {
      const repeated = await call(again, "POST", `${data}:createFile`, {
        headers: { ...headers, "Idempotency-Key": idempotency },
        body: { name: `${idempotency}.txt`, folderPath: "/many/" },
      });
      assert.equal(at(repeated.body, "data", "id"), acknowledged.get(idempotency));
    }
    const object = await call(again, "GET", `${data}/${at(made, "data", "id")}`, { headers });
    assert.equal(at(object.body, "data", "details", "fileSizeInBytes"), content.length);
    const built = await until("the image is built after all", async () => {
      const { body: now } = await call(again, "GET", `/api/dockerImages/${at(image.body, "id")}`, {
        headers,
        mediaType: V4,
      });
      return at(now, "status") === "PARTIAL" ? undefined : now;
    });
    assert.equal(at(built, "status"), "AVAILABLE");

    const name = String(at(built, "internalDockerImageSettings", "regions", 0, "url"));
    const docker = await connectDocker();
    await docker.getImage(name).inspect();
    const purged = await run(["stop", "--purge"]);
    assert.equal(purged.code, 0, purged.stderr);
    await assert.rejects(docker.getImage(name).inspect(), { statusCode: 404 });
  });
});

async function filesIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => readFile(path.join(entry.parentPath, entry.name), "utf8")),
  );
}
