import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type Dockerode from "dockerode";
import { Bench } from "../../runtime";
import { connectDocker } from "../../runtime/docker/connect";
import { ensureGatewayImage } from "../../runtime/network/gateway-image";
import { benchImage, leftovers, QUICK, sh, specOf, until } from "./support";

/** Addresses that are not public: one of each kind that a machine or a network may have. */
const PRIVATE = ["10.0.0.1", "172.31.255.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "192.0.2.1", "224.0.0.1"];

describe("a public workspace", function () {
  this.timeout(120_000);
  const instance = `test-${randomBytes(4).toString("hex")}`;
  const abort = new AbortController();
  const service = createServer((_req, res) => res.end("a service of this machine"));
  let docker: Dockerode;
  let bench: Bench;
  let image: string;
  let bridge: string;
  let servicePort: number;

  before(async function () {
    this.timeout(300_000);
    docker = await connectDocker();
    image = await benchImage(docker);
    await ensureGatewayImage(docker, () => undefined);
    bench = new Bench({ docker, instance, timing: QUICK, graceS: 2 });
    await new Promise<void>((resolve) => service.listen(0, "0.0.0.0", resolve));
    servicePort = (service.address() as AddressInfo).port;
    await start("p1", false);
    bridge = await bridgeOf("p1");
  });

  after(async () => {
    abort.abort();
    service.close();
    service.closeAllConnections();
    await bench.removeAll();
    assert.deepEqual(await leftovers(docker, instance), []);
  });

  async function start(id: string, allowPrivate: boolean): Promise<void> {
    await bench.prepare(specOf(image, { id, network: { mode: "PUBLIC", allowedUrls: [], allowPrivate } }));
    supervise(id);
    await until("it is alive", async () => ((await answers(id)) ? true : undefined));
  }

  function supervise(id: string): void {
    bench
      .supervise(id, { alive: () => Promise.resolve(), ended: () => Promise.resolve() }, abort.signal)
      .catch((error: unknown) => assert.ok(abort.signal.aborted, String(error)));
  }

  /** The address of this machine on the network of a workspace. */
  async function bridgeOf(id: string): Promise<string> {
    const { IPAM } = await docker.getNetwork(bench.names.network(id)).inspect();
    return String(IPAM?.Config?.[0]?.Gateway);
  }

  async function answers(id: string): Promise<boolean> {
    const { web } = await bench.endpoints(id);
    return (
      web !== undefined &&
      (await fetch(`http://127.0.0.1:${web}/`, { signal: AbortSignal.timeout(1000) }).catch(() => undefined)) !==
        undefined
    );
  }

  /** What comes of a connection from inside: what the other side said, or the error. */
  const connect = (id: string, host: string, port: number) =>
    sh(
      docker,
      bench.names.container(id),
      `python3 - <<'X'
import socket
try:
    s = socket.create_connection(("${host}", ${port}), 3)
    s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
    print(s.recv(4096).decode())
except OSError as error:
    print(type(error).__name__, error)
X`,
    );

  it("does not reach services of this machine", async () => {
    assert.match(await connect("p1", bridge, servicePort), /^OSError|No route to host|Network is unreachable|refused/);
    assert.doesNotMatch(await connect("p1", bridge, servicePort), /a service of this machine/);
  });

  for (const address of PRIVATE) {
    it(`is refused at once at ${address}`, async () => {
      const begun = Date.now();
      const said = await connect("p1", address, 80);
      assert.match(said, /No route to host|Network is unreachable|Permission denied|refused/, said);
      assert.ok(Date.now() - begun < 3000);
    });
  }

  it("does not reach them by datagrams either", async () => {
    const said = await sh(
      docker,
      bench.names.container("p1"),
      `python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b"x", ("${bridge}", 53))' 2>&1 | tail -1`,
    );
    assert.match(said, /PermissionError|Operation not permitted|No route|unreachable|^$/);
    const rules = await sh(docker, bench.names.gateway("p1"), "nft list table inet workspace");
    assert.match(rules, /169\.254\.0\.0\/16/);
  });

  it("cannot change the rules", async () => {
    const status = await sh(docker, bench.names.container("p1"), "grep CapEff /proc/self/status; id -u");
    assert.match(status, /CapEff:\s+0+\n1000$/);
  });

  it("reaches public addresses: the rules have nothing on the way to them", async () => {
    // whether there is a way out of this machine is not the workspace's business: it must not be refused by its own rules
    const said = await connect("p1", "1.1.1.1", 443);
    assert.doesNotMatch(said, /No route to host/);
  });

  it("looks up names with the name servers of the machine", async () => {
    const said = await sh(
      docker,
      bench.names.container("p1"),
      "getent hosts workspace; getent hosts no-such-name.invalid; echo $?",
    );
    assert.match(said, /workspace\n2$/);
  });

  it("has its ports, and its name, also after its gateway was restarted", async () => {
    assert.ok(await answers("p1"));
    assert.equal(await sh(docker, bench.names.container("p1"), "hostname"), "workspace");
    await start("p2", false);
    await docker.getContainer(bench.names.gateway("p2")).kill();
    await docker.getContainer(bench.names.container("p2")).kill();
    await until("it answers again", async () => ((await answers("p2")) ? true : undefined));
    assert.doesNotMatch(await connect("p2", await bridgeOf("p2"), servicePort), /a service of this machine/);
  });

  it("reaches private addresses when that is allowed", async () => {
    await start("p3", true);
    assert.match(await connect("p3", await bridgeOf("p3"), servicePort), /a service of this machine/);
  });
});
