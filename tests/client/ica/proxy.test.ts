import assert from "node:assert/strict";
import type { Server } from "node:http";
import { resolve } from "node:path";
import { IcaClient } from "../../../provider/ica/client";
import { defaultRetryPolicy } from "../../../provider/ica/transport/retry";
import { FakeClock } from "../../support/fake-clock";
import { command } from "../../support/programs/command";
import { setEnvironment } from "../../support/programs/environment";
import { ConnectProxy, certificateFile, startTlsServer } from "../../support/servers/connect-proxy";

const baseUrl = "https://ica.invalid/ica/rest";

describe("a call to ICA through a proxy", () => {
  let server: Server;
  let proxy: ConnectProxy;
  let restore: () => void;

  const throughProxy = (credentials = "") => ({
    HTTPS_PROXY: `http://${credentials}${proxy.host}`,
    https_proxy: undefined,
    NO_PROXY: undefined,
    no_proxy: undefined,
  });
  const call = (clock = new FakeClock()) => new IcaClient({ baseUrl, apiKey: "key", clock }).regions.list();
  const refused = async (status: number): Promise<string> => {
    proxy.refusal = status;
    let message = "";
    await assert.rejects(call(), (error: unknown) => {
      message = error instanceof Error ? error.message : "";
      return true;
    });
    return message;
  };

  beforeEach(async () => {
    server = await startTlsServer();
    const address = server.address();
    assert.ok(address !== null && typeof address === "object");
    proxy = await ConnectProxy.start(address.port);
    restore = setEnvironment(throughProxy());
  });
  afterEach(async () => {
    restore();
    await proxy.close();
    server.closeAllConnections();
    server.close();
  });

  it("treats a proxy without a scheme as http, as curl does", async () => {
    const undo = setEnvironment({ HTTPS_PROXY: proxy.host });
    try {
      assert.match(await refused(407), /the proxy .* answered 407/);
    } finally {
      undo();
    }
  });

  it("goes through one connection, with the certificate that NODE_EXTRA_CA_CERTS names", async () => {
    const script = resolve(__dirname, "../../fixtures/regions-process.ts");
    const { stdout } = await command(process.execPath, ["--require", "tsx", script, baseUrl], {
      env: { HTTPS_PROXY: `http://${proxy.host}`, NO_PROXY: "", NODE_EXTRA_CA_CERTS: certificateFile },
    });
    assert.deepEqual(JSON.parse(stdout), [{ id: "r", code: "use1" }]);
    assert.deepEqual(
      proxy.asked.map(({ target }) => target),
      ["ica.invalid:443"],
    );
  });

  it("sends the user name and password that the proxy knows, even when a URL has to encode them", async () => {
    restore();
    restore = setEnvironment(throughProxy("jane:p%40ss%2Fword@"));
    assert.doesNotMatch(await refused(407), /p%40ss|p@ss/);
    const [first] = proxy.asked;
    assert.equal(first?.authorization, `Basic ${Buffer.from("jane:p@ss/word").toString("base64")}`);
  });

  it("that wants to know who asks is refused by the proxy, not by ICA, and at once", async () => {
    const message = await refused(407);
    assert.match(
      message,
      /no answer from https:\/\/ica\.invalid\/ica\/rest \(the proxy 127\.0\.0\.1:\d+ answered 407\)/,
    );
    assert.match(message, /user name and a password: HTTPS_PROXY=http:\/\/USER:PASSWORD@HOST:PORT/);
    assert.equal(proxy.asked.length, 1);
  });

  it("that refuses every call is not reported as a missing permission in ICA", async () => {
    const message = await refused(403);
    assert.match(
      message,
      /the proxy 127\.0\.0\.1:\d+ answered 403\)\. The proxy's administrator can allow calls to ica\.invalid/,
    );
    assert.doesNotMatch(message, /API key|permission/);
    assert.equal(proxy.asked.length, 1);
  });

  it("that has a fault of its own is tried again", async () => {
    assert.match(await refused(502), /the proxy 127\.0\.0\.1:\d+ answered 502/);
    assert.equal(proxy.asked.length, defaultRetryPolicy.attempts);
  });

  it("with an unknown certificate fails at once, and says how to trust it", async () => {
    await assert.rejects(
      call(),
      /self-signed certificate\)\. Node does not trust .* ica\.invalid.* NODE_EXTRA_CA_CERTS/,
    );
    assert.equal(proxy.asked.length, 1);
  });

  it("does not show an invalid proxy address, which may hold a password", async () => {
    restore();
    restore = setEnvironment({ ...throughProxy(), HTTPS_PROXY: "http://jane:s3cret/x@:" });
    assert.throws(call, (error: unknown) => {
      assert.ok(error instanceof Error);
      assert.match(error.message, /^HTTPS_PROXY \(or ALL_PROXY\) is not a web address/);
      assert.doesNotMatch(error.message, /s3cret/);
      return true;
    });
  });
});
