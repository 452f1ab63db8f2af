import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type Dockerode from "dockerode";
import { Bench } from "../../runtime";
import { connectDocker } from "../../runtime/docker/connect";
import { ensureGatewayImage } from "../../runtime/network/gateway-image";
import { benchImage, leftovers, QUICK, sh, specOf, until } from "./support";

/**
 * A site on four ports: HTTP that answers with the path, plain on 80 and with TLS on 8443, and a greeting to each client
 * that connects on 443 or sends a datagram to 53.
 */
const SITE = `
import socketserver, ssl, subprocess, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Web(BaseHTTPRequestHandler):
    def do_GET(self):
        text = ("site " + self.path + " via=" + str(self.headers.get("Via")) + " for=" + str(self.headers.get("X-Forwarded-For"))).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
class Greet(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"greetings\\n")
class Answer(socketserver.BaseRequestHandler):
    def handle(self):
        self.request[1].sendto(b"greetings\\n", self.client_address)
def serve(server):
    threading.Thread(target=server.serve_forever).start()
serve(socketserver.ThreadingTCPServer(("", 443), Greet))
serve(socketserver.ThreadingUDPServer(("", 53), Answer))
subprocess.run("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=site.test -keyout /tmp/key -out /tmp/cert".split(), check=True)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/tmp/cert", "/tmp/key")
secure = ThreadingHTTPServer(("", 8443), Web)
secure.socket = context.wrap_socket(secure.socket, server_side=True)
serve(secure)
ThreadingHTTPServer(("", 80), Web).serve_forever()
`;

describe("a restricted workspace", function () {
  this.timeout(120_000);
  const instance = `test-${randomBytes(4).toString("hex")}`;
  const sites: Dockerode.Container[] = [];
  const abort = new AbortController();
  let docker: Dockerode;
  let bench: Bench;

  before(async function () {
    this.timeout(300_000);
    docker = await connectDocker();
    const image = await benchImage(docker);
    // It comes over the network, which may take minutes, once on a machine.
    await ensureGatewayImage(docker, () => undefined);
    bench = new Bench({ docker, instance, timing: QUICK, graceS: 2 });
    const allowedUrls = [
      ...["http://allowed.test/pub", "https://allowed.test", "http://*.wild.test"],
      ...["https://allowed.test:8443/a/path/that/a/proxy/cannot/see", "https://*.wild.test:8443"],
    ];
    await bench.prepare(specOf(image, { id: "r1", network: { mode: "RESTRICTED", allowedUrls } }));
    let alive = false;
    bench
      .supervise(
        "r1",
        {
          alive: async () => {
            alive = true;
          },
          ended: () => Promise.resolve(),
        },
        abort.signal,
      )
      .catch((error: unknown) => assert.ok(abort.signal.aborted, String(error)));
    for (const aliases of [["allowed.test", "a.wild.test", "wild.test"], ["blocked.test"]]) {
      sites.push(await startSite(image, aliases));
    }
    await until("it is alive", () => alive || undefined);
    await until("the proxy answers", async () =>
      (await curl("http://proxy.workspace:3128/")) === "000" ? undefined : true,
    );
    await until("the site answers", async () => ((await curl("http://allowed.test/pub")) === "200" ? true : undefined));
  });

  after(async () => {
    abort.abort();
    await Promise.all(sites.map((site) => site.remove({ force: true })));
    await bench.removeAll();
    assert.deepEqual(await leftovers(docker, instance), []);
  });

  async function startSite(image: string, aliases: string[]): Promise<Dockerode.Container> {
    const site = await docker.createContainer({
      Image: image,
      User: "0",
      Entrypoint: ["python3", "-c", SITE],
      Labels: bench.names.labels("setup"),
      HostConfig: { NetworkMode: bench.names.outside },
      NetworkingConfig: { EndpointsConfig: { [bench.names.outside]: { Aliases: aliases } } },
    });
    await site.start();
    return site;
  }

  const inside = (command: string) => sh(docker, bench.names.container("r1"), command);
  const curl = (url: string, options = "") =>
    inside(`curl --path-as-is -s -m 10 -o /dev/null -w '%{http_code}' ${options} '${url}'`);
  /** Sends a datagram, and prints what comes back. */
  const udpTo = (to: string) =>
    `python3 -c "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5); s.sendto(b'x', ('${to}', 53)); print(s.recv(99))"`;
  /** The proxy's answer to CONNECT, and the first line that comes through the tunnel. */
  const tunnel = (to: string) =>
    inside(
      `exec 3<>/dev/tcp/proxy.workspace/3128; printf 'CONNECT ${to} HTTP/1.1\\r\\nHost: ${to}\\r\\n\\r\\n' >&3; ` +
        `timeout 5 head -n 3 <&3 | tr -d '\\r' | grep -E '^(HTTP|greetings)' | cut -d' ' -f1,2 | paste -sd' '`,
    );

  it("gets its proxy in both spellings", async () => {
    const found = await inside("env | grep -iE '^https?_proxy=' | sort");
    assert.deepEqual(
      found.split("\n"),
      ["HTTPS_PROXY", "HTTP_PROXY", "http_proxy", "https_proxy"]
        .map((name) => `${name}=http://proxy.workspace:3128`)
        .sort(),
    );
  });

  it("reaches an allowed address, below the path that was given", async () => {
    assert.equal(await curl("http://allowed.test/pub/x?y=1"), "200");
    assert.equal(await inside("curl -s http://allowed.test/pub/x"), "site /pub/x via=None for=None");
  });

  it("reaches an allowed address through a tunnel, as https does", async () => {
    assert.equal(await tunnel("allowed.test:443"), "HTTP/1.1 200 greetings");
  });

  it("reaches what is below a wildcard, not the name itself", async () => {
    assert.equal(await curl("http://a.wild.test/"), "200");
    assert.equal(await curl("http://wild.test/"), "403");
  });

  it("speaks TLS with an allowed host, by name and by wildcard, and with no other", async () => {
    assert.equal(await inside("curl -sk https://allowed.test:8443/any/path"), "site /any/path via=None for=None");
    assert.equal(await curl("https://a.wild.test:8443/", "-k"), "200");
    // curl gives the tunnel that was refused as no status of the site's
    for (const host of ["wild.test", "blocked.test"]) {
      assert.equal(await curl(`https://${host}:8443/`, "-k -w '%{http_connect}'"), "403", host);
    }
  });

  const refused = [
    "http://blocked.test/",
    "http://allowed.test/",
    "http://allowed.test/public",
    "http://allowed.test/pub/../private",
    "http://allowed.test/pub/%2e%2e/private",
    "http://allowed.test:443/pub",
    "http://allowed.test.blocked.test/pub",
    "http://localhost/pub",
  ];
  for (const url of refused) {
    it(`is refused ${url} by the proxy`, async () => {
      assert.equal(await curl(url, "--noproxy ''"), "403");
    });
  }

  it("is refused tunnels to other hosts and ports, and to the address behind an allowed name", async () => {
    const [site] = sites;
    const address = (await site?.inspect())?.NetworkSettings.Networks[bench.names.outside]?.IPAddress;
    for (const to of ["blocked.test:443", "allowed.test:80", "allowed.test:22", `${address}:443`]) {
      assert.match(await tunnel(to), /^HTTP\/1\.1 403/, to);
    }
  });

  it("reaches nothing directly: no name, no address, not the machine it runs on", async () => {
    const network = await docker.getNetwork(bench.names.network("r1")).inspect();
    const gateway = String(network.IPAM?.Config?.[0]?.Gateway);
    const site = (await sites[0]?.inspect())?.NetworkSettings.Networks[bench.names.outside]?.IPAddress;
    assert.equal(await curl("http://allowed.test/pub", "--noproxy '*' -m 4"), "000");
    for (const [address, port] of [
      [site, 80],
      [gateway, 22],
      [gateway, 80],
      ["192.0.2.1", 80],
    ]) {
      const code = await inside(`timeout 1 bash -c '</dev/tcp/${address}/${port}' 2>/dev/null; echo $?`);
      assert.notEqual(code, "0", `${address}:${port} was reached`);
    }
    const neighbours = Object.values(network.Containers ?? {})
      .map(({ Name }) => Name)
      .sort();
    assert.deepEqual(neighbours, [bench.names.container("r1"), bench.names.gateway("r1")]);
  });

  it("gets nothing out by UDP, ICMP or IPv6, and no name looked up", async () => {
    const site = (await sites[0]?.inspect())?.NetworkSettings.Networks[bench.names.outside]?.IPAddress;
    const proxy = (await inside("getent hosts proxy.workspace")).split(" ")[0];
    assert.match(proxy ?? "", /^\d+\.\d+\.\d+\.\d+$/, "the gateway's is the only name that it can look up");
    for (const name of ["allowed.test", "example.com"]) {
      assert.equal(await inside(`getent hosts ${name} || echo unknown`), "unknown", name);
    }
    assert.match(await inside(`${udpTo(String(site))} 2>&1 | tail -n 1`), /unreachable|timed out/);
    assert.equal(
      await sh(docker, String(sites[1]?.id), udpTo(String(site))),
      "b'greetings\\n'",
      "the site does answer",
    );
    assert.match(
      await inside(
        'python3 -c "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)" 2>&1',
      ),
      /PermissionError/,
    );
    assert.match(
      await inside(
        "python3 -c \"import socket; s = socket.socket(socket.AF_INET6); s.settimeout(1); s.connect(('2001:db8::1', 80))\" 2>&1 | tail -n 1",
      ),
      /unreachable|Cannot assign|not supported|timed out/,
    );
  });

  it("reaches only the proxy of its gateway", async () => {
    for (const port of [22, 80, 2222, 8080, 8888]) {
      const code = await inside(`timeout 1 bash -c '</dev/tcp/proxy.workspace/${port}' 2>/dev/null; echo $?`);
      // the two ports that lead inward lead to itself
      assert.equal(code === "0", port === 2222 || port === 8888, String(port));
    }
    for (const url of [
      "http://proxy.workspace:3128/squid-internal-mgr/menu",
      "http://127.0.0.1:3128/",
      "http://[::1]/",
    ]) {
      assert.match(await curl(url, "--noproxy '' -x http://proxy.workspace:3128"), /^40[03]$/, url);
    }
  });

  it("is reached on its web and console ports all the same", async () => {
    const { web, console: ssh } = await bench.endpoints("r1");
    const answer = await until("the web server answers", async () => {
      try {
        return await fetch(`http://127.0.0.1:${web}/bench-n-32781195-i32781195/`);
      } catch (error) {
        assert.ok(error instanceof TypeError);
        return undefined;
      }
    });
    assert.equal(answer.status, 200);
    assert.ok(ssh !== undefined && ssh !== web);
  });

  it("has a readable log of what was refused", async () => {
    const log = await bench.proxyLog("r1", 200);
    assert.match(log, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ 403 TCP_DENIED GET http:\/\/blocked\.test\/$/m);
    assert.match(log, /^\S+ 403 TCP_DENIED CONNECT blocked\.test:443$/m);
  });
});
