import { strict as assert } from "node:assert";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type ClientReadableStream, credentials } from "@grpc/grpc-js";
import { LanguageRuntimeClient } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import { ProgramInfo, RunPluginRequest, type RunPluginResponse } from "@pulumi/pulumi/proto/language_pb.js";
import { until } from "../../support/until";

const repository = path.resolve(__dirname, "../../..");

describe("the stand-in for the language host", function () {
  this.timeout(60_000);
  let dir: string;
  let hosts: ChildProcess[];

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-host-"));
    hosts = [];
    await mkdir(path.join(dir, "node_modules", "@pulumi"), { recursive: true });
    await symlink(
      path.join(repository, "node_modules", "@pulumi", "pulumi"),
      path.join(dir, "node_modules", "@pulumi", "pulumi"),
    );
    await writeFile(path.join(dir, "package.json"), JSON.stringify({ name: "linked", private: true }));
  });
  afterEach(async () => {
    for (const host of hosts) host.kill();
    await rm(dir, { recursive: true, force: true });
  });

  /** Starts it in a folder; resolves to what it says first: its port, or why it has none. */
  function start(cwd: string): Promise<string> {
    const host = path.join(repository, "scripts", "pulumi-language-nodejs.mjs");
    const child = spawn(process.execPath, [host, "127.0.0.1:9"], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    hosts.push(child);
    return new Promise((resolve, reject) => {
      let complaint = "";
      child.stderr.on("data", (chunk: Buffer) => {
        complaint += chunk.toString();
      });
      child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString()));
      child.once("error", reject);
      child.once("close", () => resolve(complaint));
    });
  }

  it("starts for a program whose package manager links packages and hoists none, as pnpm does", async () => {
    assert.match(await start(dir), /^\d+\n$/);
  });

  describe("with a policy pack", () => {
    /** Asks for a pack of which index.js is `code`, as the engine does. */
    async function runPack(code: string, kind = "analyzer", folder = dir): Promise<Pack> {
      await writeFile(path.join(dir, "index.js"), code);
      const client = new LanguageRuntimeClient(
        `127.0.0.1:${(await start(repository)).trim()}`,
        credentials.createInsecure(),
      );
      const info = new ProgramInfo();
      info.setRootDirectory(folder);
      info.setProgramDirectory(folder);
      info.setEntryPoint(".");
      const request = new RunPluginRequest();
      request.setPwd(repository);
      request.setKind(kind);
      request.setInfo(info);
      request.setArgsList(["127.0.0.1:9"]);
      request.setEnvList([`OF_THE_PACK=a=b`, `PATH=${process.env.PATH ?? ""}`]);
      return new Pack(client.runPlugin(request));
    }

    it("passes on what it prints, where it runs, its environment, and how it ends", async () => {
      const pack = await runPack(
        "console.log(process.cwd()); console.error(process.env.OF_THE_PACK); process.exitCode = 7;",
      );
      assert.deepEqual(await pack.ended, { stdout: `${dir}\n`, stderr: "a=b\n", exitCode: 7, error: undefined });
    });

    it("ends it when the engine no longer wants it", async () => {
      const pack = await runPack("console.log(process.pid); setInterval(() => undefined, 1000);");
      await until("it runs", async () => pack.stdout !== "", 20_000);
      const pid = Number(pack.stdout);
      assert.ok(isRunning(pid));
      pack.cancel();
      await until("it has ended", async () => !isRunning(pid), 10_000);
    });

    it("says what to install for a pack without its packages", async () => {
      const bare = await mkdtemp(path.join(tmpdir(), "pulumi-ica-bare-"));
      try {
        const { error = "" } = await (await runPack("", "analyzer", bare)).ended;
        assert.ok(error.includes(`@pulumi/pulumi is not installed in ${bare}: run \`npm install\` there.`), error);
      } finally {
        await rm(bare, { recursive: true, force: true });
      }
    });

    it("refuses other plugins by name", async () => {
      const { error = "" } = await (await runPack("", "resource")).ended;
      assert.match(error, /runs policy packs only, and no plugin of kind "resource"/);
    });
  });
});

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | undefined;
  readonly error: string | undefined;
}

/** A pack under way. */
class Pack {
  stdout = "";
  readonly ended: Promise<Ended>;
  readonly cancel: () => void;

  constructor(stream: ClientReadableStream<RunPluginResponse>) {
    let stderr = "";
    let exitCode: number | undefined;
    this.cancel = () => stream.cancel();
    this.ended = new Promise((resolve) => {
      const end = (error?: Error) => resolve({ stdout: this.stdout, stderr, exitCode, error: error?.message });
      stream.on("data", (message: RunPluginResponse) => {
        if (message.hasStdout()) this.stdout += Buffer.from(message.getStdout_asU8()).toString();
        if (message.hasStderr()) stderr += Buffer.from(message.getStderr_asU8()).toString();
        if (message.hasExitcode()) exitCode = message.getExitcode();
      });
      stream.once("error", end);
      stream.once("end", () => end());
    });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}
