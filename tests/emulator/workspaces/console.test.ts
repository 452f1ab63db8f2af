import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import type Dockerode from "dockerode";
import { Client, type ClientChannel, type ConnectConfig, type ExecOptions, type SFTPWrapper } from "ssh2";
import { type Emulator, startEmulator } from "../../../emulator/server";
import { connectDocker } from "../../../runtime/docker/connect";
import { benchImage, leftovers } from "../../runtime/support";
import { Calls, settings, temporaryFolder, type WorkspaceView } from "./support";

const openSsh = spawnSync("scp", [], { stdio: "ignore" }).error === undefined;

/** How a command went. */
interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: string | undefined;
}

describe("the console of a workspace", function () {
  this.timeout(120_000);
  let docker: Dockerode;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let emulator: Emulator;
  let calls: Calls;
  let running: WorkspaceView;
  let client: Client;

  before(async () => {
    docker = await connectDocker();
    folder = await temporaryFolder();
    emulator = await startEmulator({ port: 0, dir: folder.dir });
    assert.ok(emulator.apiKey !== undefined);
    calls = new Calls(emulator.url, emulator.apiKey, emulator.projectId);
    const imageId = await calls.image(await benchImage(docker), "bench");
    const { id } = await calls.create(settings(imageId, { access: { web: false, console: true } }));
    await calls.start(id);
    running = await calls.becomes(id, "Running");
    client = await login();
  });

  after(async () => {
    client.end();
    await emulator.close({ removeAll: true });
    assert.deepEqual(await leftovers(docker, emulator.instance), []);
    await folder.remove();
  });

  async function login(change: Partial<ConnectConfig> = {}): Promise<Client> {
    const { consoleHost: host, consolePort: port } = running;
    assert.ok(host !== undefined && port !== undefined);
    const connecting = new Client();
    connecting.connect({ host, port, username: "ica", password: calls.apiKey, ...change });
    await once(connecting, "ready");
    return connecting;
  }

  const exec = (command: string, options: ExecOptions = {}, by: Client = client) =>
    new Promise<ClientChannel>((resolve, reject) => {
      by.exec(command, options, (error, channel) => (error ? reject(error) : resolve(channel)));
    });

  /** Runs a command to its end. Listens from the first moment: a quick command starts and ends in one read. */
  const run = (command: string, input = "", options: ExecOptions = {}, by: Client = client) =>
    new Promise<Outcome>((resolve, reject) => {
      by.exec(command, options, (error, channel) => {
        if (error) {
          reject(error);
          return;
        }
        const exited = once(channel, "exit");
        const outcome = Promise.all([text(channel), text(channel.stderr), exited]);
        outcome.then(([stdout, stderr, [code, signal]]) => resolve({ stdout, stderr, code, signal }), reject);
        channel.end(input);
      });
    });

  it("is on loopback, and there is no web address without web access", () => {
    assert.equal(running.consoleHost, "127.0.0.1");
    assert.equal(running.webUrl, undefined);
  });

  it("opens with an API key and runs a command as user 1000 in the workspace", async () => {
    const { stdout, code } = await run("id -u; id -g; echo $ICA_CONSOLE_ENABLED; hostname; pwd");
    assert.deepEqual([stdout, code], ["1000\n100\ntrue\nworkspace\n/data\n", 0]);
  });

  it("stays closed for another password, for none, and for the workspace's own key", async () => {
    const { stdout: own } = await run("echo -n $ICA_SERVICE_ACCOUNT_USER_API_KEY");
    for (const password of ["wrong", "", own]) {
      await assert.rejects(login({ password }), /authentication methods failed/);
    }
  });

  it("explains what to do to a user whose name the image does not have", async () => {
    const stranger = await login({ username: "nobody-here" });
    const { stderr, code } = await run("id", "", {}, stranger);
    assert.match(stderr, /refused user "nobody-here".*name that UID 1000 has in the image/);
    assert.equal(code, 255);
    stranger.end();
  });

  it("passes exit codes, signals, both outputs and the input", async () => {
    assert.equal((await run("exit 7")).code, 7);
    const killed = await run("kill -KILL $$");
    assert.deepEqual([killed.code, killed.signal], [null, "SIGKILL"]);
    const both = await run("tr a-z A-Z; echo oops >&2", "to and fro");
    assert.deepEqual([both.stdout, both.stderr], ["TO AND FRO", "oops\n"]);
  });

  it("passes variables that the workspace's sshd accepts", async () => {
    assert.equal((await run("echo $GREETING", "", { env: { GREETING: "hello" } })).stdout, "hello\n");
  });

  it("passes everything of a large output, and of a large input", async () => {
    const { stdout } = await run("head -c 5000000 /dev/zero | tr '\\0' x");
    assert.equal(stdout.length, 5_000_000);
    assert.equal((await run("wc -c", "y".repeat(3_000_000))).stdout.trim(), "3000000");
  });

  it("passes everything of both outputs to a client that is slow to read", async () => {
    const late = async (stream: Readable, ms: number) => {
      await delay(ms);
      return text(stream);
    };
    const all = Array.from({ length: 400_000 }, (_, index) => `${index + 1}\n`).join("");
    // at once, and each for itself: more than the client has room for before it begins to read
    for (const between of ["&", ";"]) {
      const channel = await exec(`seq 400000 ${between} seq 400000 >&2; wait; exit 3`);
      const closed = once(channel, "close");
      const [stdout, stderr] = await Promise.all([late(channel, 500), late(channel.stderr, 1500)]);
      assert.deepEqual([stdout.length, stderr.length, (await closed)[0]], [all.length, all.length, 3], between);
      assert.ok(stdout === all && stderr === all, "in order, and nothing twice");
    }
  });

  it("has terminals that change their size", async () => {
    const channel = await exec("stty size; read; stty size", { pty: { rows: 30, cols: 90 } });
    const output = text(channel);
    await once(channel, "data");
    channel.setWindow(40, 100, 0, 0);
    channel.end("\n");
    assert.match(await output, /40 100/);
  });

  it("has shells", async () => {
    const channel = await new Promise<ClientChannel>((resolve, reject) => {
      client.shell(false, (error, shell) => (error ? reject(error) : resolve(shell)));
    });
    channel.end("echo from the shell; exit 0\n");
    assert.match(await text(channel), /from the shell/);
  });

  it("copies files over sftp", async () => {
    const sftp = await new Promise<SFTPWrapper>((resolve, reject) => {
      client.sftp((error, wrapper) => (error ? reject(error) : resolve(wrapper)));
    });
    await new Promise<void>((resolve, reject) => {
      sftp.writeFile("/data/copied", "by sftp", (error) => (error ? reject(error) : resolve()));
    });
    assert.equal((await run("cat /data/copied")).stdout, "by sftp");
    sftp.end();
  });

  describe(`with the programs of OpenSSH${openSsh ? "" : " (skipped: there is no scp here)"}`, () => {
    let dir: string;
    const client = (program: "ssh" | "scp", ...args: string[]) => {
      const options = [
        "-F",
        "none",
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        "UserKnownHostsFile=/dev/null",
        "-o",
        "LogLevel=ERROR",
      ];
      const port = [program === "scp" ? "-P" : "-p", String(running.consolePort)];
      // the password is asked for by a program, since there is no terminal
      const env = {
        ...process.env,
        SSH_ASKPASS: path.join(dir, "askpass"),
        SSH_ASKPASS_REQUIRE: "force",
        KEY: calls.apiKey,
      };
      const started = promisify(execFile)(program, [...options, ...port, ...args], { env, timeout: 60_000 });
      started.child.stdin?.end();
      return started;
    };
    const there = (file: string) => `ica@${running.consoleHost}:${file}`;

    before(async function () {
      if (!openSsh) this.skip();
      dir = await mkdtemp(path.join(tmpdir(), "pulumi-ica-test-"));
      await writeFile(path.join(dir, "askpass"), '#!/bin/sh\nprintf "%s\\n" "$KEY"\n', { mode: 0o700 });
    });
    after(async () => {
      if (openSsh) await rm(dir, { recursive: true });
    });

    for (const [way, ...options] of [["over SFTP"], ["in its old way", "-O"]]) {
      it(`scp copies files and folders there and back ${way}`, async () => {
        const sent = path.join(dir, "sent");
        await mkdir(path.join(sent, "below"), { recursive: true });
        const content = randomBytes(300_000);
        await writeFile(path.join(sent, "below", "a file.bin"), content);
        await client("scp", ...options, "-r", sent, there("/data/"));
        assert.equal((await run("stat -c '%u:%g %s' '/data/sent/below/a file.bin'")).stdout, "1000:100 300000\n");
        await client("scp", ...options, "-r", there("/data/sent"), path.join(dir, "back"));
        assert.deepEqual(await readFile(path.join(dir, "back", "below", "a file.bin")), content);
        await run("rm -r /data/sent");
        await rm(path.join(dir, "back"), { recursive: true });
      });
    }

    it("ssh runs commands as the workspace's user, and reaches its ports", async () => {
      assert.equal((await client("ssh", `ica@${running.consoleHost}`, "id -u; id -g")).stdout, "1000\n100\n");
      const { stdout } = await client(
        "ssh",
        "-W",
        "127.0.0.1:2222",
        "-o",
        "ConnectTimeout=5",
        `ica@${running.consoleHost}`,
      ).catch((error: { stdout: string }) => error);
      assert.match(stdout, /^SSH-2\.0-OpenSSH/);
    });
  });

  it("forwards ports of the workspace", async () => {
    const listening = await exec(
      "python3 -c \"import socket; s = socket.create_server(('127.0.0.1', 9000)); print('up', flush=True); c, _ = s.accept(); c.sendall(c.recv(99).upper())\"",
    );
    await once(listening, "data");
    const forwarded = await new Promise<ClientChannel>((resolve, reject) => {
      client.forwardOut("127.0.0.1", 1, "127.0.0.1", 9000, (error, channel) =>
        error ? reject(error) : resolve(channel),
      );
    });
    forwarded.write("forwarded");
    const [answer]: Buffer[] = await once(forwarded, "data");
    assert.equal(answer?.toString(), "FORWARDED");
    forwarded.end();
  });

  it("cannot forward to what does not answer", async () => {
    await assert.rejects(
      new Promise((resolve, reject) => {
        client.forwardOut("127.0.0.1", 1, "127.0.0.1", 9, (error, channel) =>
          error ? reject(error) : resolve(channel),
        );
      }),
      /Connection refused|open failed|Channel open failure/i,
    );
  });

  describe("at its end", () => {
    it("shuts when the workspace stops, for a client that never says a word too", async () => {
      const other = await login();
      const silent = createConnection(Number(running.consolePort), "127.0.0.1");
      await once(silent, "connect");
      const closed = once(other, "close");
      await calls.stop(running.id);
      await calls.becomes(running.id, "Stopped");
      await closed;
      silent.resume();
      await once(silent, "close");
      await assert.rejects(login(), /ECONNREFUSED/);
    });
  });
});
