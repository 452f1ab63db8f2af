import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { request } from "node:http";
import path from "node:path";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { Auth, user } from "../../../emulator/http/auth";
import { linkLifetimeMs, Sessions } from "../../../emulator/page/sessions";
import { Store } from "../../../emulator/state/store";
import { at, awsOf, call, problemDetail, s3Client, TestEmulator } from "../support";

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** A request with any headers, also those that no browser lets a page send. */
function ask(url: string, method: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
  const { hostname, port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({
      host: "127.0.0.1",
      port,
      path: pathname,
      method,
      headers: { Host: `${hostname}:${port}`, ...headers },
    });
    sent.once("error", reject).once("response", async (res) => {
      let text = "";
      for await (const chunk of res) text += String(chunk);
      resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text });
    });
    sent.end(body);
  });
}

describe("the emulator's page, to who is no browser", () => {
  let ica: TestEmulator;
  let home: string;
  let own: Record<string, string>;

  before(async () => {
    ica = await TestEmulator.start({ containers: false });
    home = `http://localhost:${new URL(ica.emulator.url).port}`;
    own = { Origin: home, "Content-Type": "application/json" };
  });
  after(() => ica.close());

  const signIn = (body: object, headers: Record<string, string> = own) =>
    ask(`${home}/page/api/session`, "POST", headers, JSON.stringify(body));

  async function cookie(): Promise<string> {
    const { headers } = await signIn({ apiKey: ica.apiKey });
    return String(headers["set-cookie"]).replace(/;.*/, "");
  }

  it("is only at localhost, which serves no workspace, and / of the other names redirects there", async () => {
    const there = await ask(`${home}/`, "GET");
    assert.equal(there.status, 200);
    assert.match(there.body, /<title>ICA emulator<\/title>/);
    for (const host of ["127.0.0.1:1234", "[::1]:1234", "bench.localhost:1234"]) {
      const { status, headers } = await ask(`${home}/`, "GET", { Host: host });
      assert.deepEqual([status, headers.location], [302, "http://localhost:1234/"]);
    }
    const { status, headers } = await ask(`${home}/bench-n-12345678-i12345678/x`, "GET");
    assert.deepEqual([status, headers.location], [307, `${ica.emulator.url}/bench-n-12345678-i12345678/x`]);
    assert.equal((await ask(`${home}/`, "GET", { Host: "localhost.evil.example" })).status, 403);
  });

  it("carries headers that keep other sites and other scripts out, on every answer", async () => {
    for (const path of ["/", "/page/app.js", "/page/none", "/page/api/session"]) {
      const { headers } = await ask(`${home}${path}`, "GET");
      const policy = String(headers["content-security-policy"]);
      for (const rule of [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
      ]) {
        assert.ok(policy.split("; ").includes(rule), `${path}: ${policy}`);
      }
      assert.doesNotMatch(policy, /unsafe|\*/);
      assert.equal(headers["x-frame-options"], "DENY");
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.equal(headers["cross-origin-resource-policy"], "same-origin");
      assert.equal(headers["cache-control"], "no-store");
      assert.ok(!Object.keys(headers).some((name) => name.startsWith("access-control")), "no CORS");
    }
    assert.match((await ask(`${home}/`, "GET")).body, /<script type="module" src="\/page\/app\.js"><\/script>/);
    assert.doesNotMatch(
      (await ask(`${home}/`, "GET")).body,
      /<script(?![^>]* src=)|<style| on\w+=| style=/,
      "nothing inline",
    );
  });

  it("gives out its own files and no others", async () => {
    for (const path of [
      "/page/tsconfig.json",
      "/page/..%2f..%2fpackage.json",
      "/page/../page.ts",
      "/page/lit-html/package.json",
    ]) {
      assert.equal((await ask(`${home}${path}`, "GET")).status, 404, path);
    }
    for (const path of [
      "/page/app.js",
      "/page/style.css",
      "/page/lit-html/lit-html.js",
      "/page/lit-html/directives/repeat.js",
    ]) {
      assert.equal((await ask(`${home}${path}`, "GET")).status, 200, path);
    }
  });

  it("signs in with the person's key only, by a cookie that scripts and other sites do not get", async () => {
    const { status, headers } = await signIn({ apiKey: ica.apiKey });
    assert.equal(status, 204);
    assert.match(
      String(headers["set-cookie"]),
      new RegExp(`^ica-page-${ica.emulator.instance}=[\\w-]{43}; Path=/page/api; HttpOnly; SameSite=Strict$`),
    );
    assert.ok(!String(headers["set-cookie"]).includes(ica.apiKey));
    assert.equal((await signIn({ apiKey: "wrong" })).status, 401);
    assert.equal((await signIn({ apiKey: "" })).status, 401);
    assert.equal((await signIn({})).status, 400);
  });

  it("answers nothing without a session", async () => {
    for (const [method, path] of [
      ["GET", "/events"],
      ["GET", "/workspaces/x/log"],
      ["POST", "/workspaces/x/stop"],
      ["PUT", "/workspaces/x"],
      ["DELETE", "/session"],
    ] as const) {
      const { status, body } = await ask(`${home}/page/api${path}`, method, own);
      assert.equal(status, 401, `${method} ${path}`);
      assert.match(body, /Sign in first/);
    }
  });

  it("accepts a call from its own origin only, even when everything else is right", async () => {
    const session = await cookie();
    const stop = (headers: Record<string, string>) =>
      ask(`${home}/page/api/workspaces/none/stop`, "POST", { Cookie: session, ...headers });
    assert.equal((await stop(own)).status, 404, "the control: only the workspace is missing");
    const { port } = new URL(home);
    for (const headers of [
      {},
      { Origin: "null" },
      { Origin: "http://localhost:1" },
      { Origin: `http://127.0.0.1:${port}` },
      { Origin: `https://localhost:${port}` },
      { Origin: `http://bench.localhost:${port}` },
      { Origin: home, "Sec-Fetch-Site": "same-site" },
      { Origin: home, "Sec-Fetch-Site": "cross-site" },
      { Origin: `http://127.0.0.1:${port}`, Host: `127.0.0.1:${port}` },
    ]) {
      assert.equal((await stop(headers)).status, 403, JSON.stringify(headers));
    }
    const read = (site: string) => ask(`${home}/page/api/session`, "GET", { Cookie: session, "Sec-Fetch-Site": site });
    assert.equal((await read("same-origin")).status, 200);
    for (const site of ["same-site", "cross-site", "none"]) assert.equal((await read(site)).status, 403, site);
  });

  it("answers garbage from every sender with a problem, and never hangs", async () => {
    const session = { ...own, Cookie: await cookie() };
    for (const [method, path, body] of [
      ["POST", "/session", "{"],
      ["POST", "/session", "[1]"],
      ["POST", "/session", '{"apiKey":1}'],
      ["POST", "/session", `{"apiKey":"${"x".repeat(300_000)}"}`],
      ["PUT", "/workspaces/none", "null"],
      ["PUT", "/workspaces/%E0%A4%A", "{}"],
      ["POST", "/workspaces/../../x/stop", ""],
      ["PATCH", "/workspaces/none", ""],
    ] as const) {
      const { status, headers } = await ask(`${home}/page/api${path}`, method, session, body);
      assert.ok(status >= 400 && status < 500, `${method} ${path}: ${status}`);
      assert.match(String(headers["content-type"]), /^application\/problem\+json/);
    }
    assert.equal((await ask(`${home}/page/api/events`, "HEAD", session)).status, 200);
    assert.equal((await ask(`${home}/page/api/session`, "GET", { Cookie: "=;;a=b=c; ica-page" })).status, 200);
  });

  it("has a session that is good for no REST call", async () => {
    const session = await cookie();
    const value = session.split("=")[1] ?? "";
    for (const headers of [{ Cookie: session }, { "X-API-Key": value }, { Authorization: `Bearer ${value}` }]) {
      problemDetail(await call(ica.emulator.url, "GET", "/api/regions", { headers }), 401);
    }
  });

  it("gives an address that signs in to who has the API key, once", async () => {
    const links = (key: string) => ask(`${home}/page/links`, "POST", { "X-API-Key": key });
    assert.equal((await links("wrong")).status, 401);
    const url = String(at(JSON.parse((await links(ica.apiKey)).body), "url"));
    const [, link = ""] = /^http:\/\/localhost:\d+\/#sign-in=([\w-]{43})$/.exec(url) ?? [];
    assert.equal((await signIn({ link })).status, 204);
    assert.equal((await signIn({ link })).status, 401);
  });

  it("ends a session and its stream when the user signs out", async () => {
    const session = await cookie();
    const stream = await fetch(`${home}/page/api/events`, { headers: { Cookie: session } });
    assert.equal(stream.headers.get("content-type"), "text/event-stream; charset=utf-8");
    assert.equal((await ask(`${home}/page/api/session`, "DELETE", { ...own, Cookie: session })).status, 204);
    assert.match(await stream.text(), /^event: log\ndata: \[/, "it ends");
    const again = await ask(`${home}/page/api/session`, "GET", { Cookie: session });
    assert.equal(again.body, '{"signedIn":false}');
  });

  it("is of another origin than an object of the store that is a web page", async () => {
    const made = await ica.ok("POST", `${ica.data}:createFileWithTemporaryCredentials`, {
      body: { name: "page.html" },
    });
    const aws = awsOf(at(made, "tempCredentials"));
    const client = s3Client(`${home}/s3`, aws);
    const object = { Bucket: aws.bucket, Key: aws.objectPrefix };
    await client.send(new PutObjectCommand({ ...object, Body: "<script>1</script>", ContentType: "text/html" }));
    let policy: unknown;
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        policy = Object(result.response).headers["content-security-policy"];
        return result;
      },
      { step: "deserialize" },
    );
    const { ContentType } = await client.send(new GetObjectCommand(object));
    assert.equal(ContentType, "text/html");
    assert.equal(policy, "sandbox; default-src 'none'");
  });

  it("keeps neither key, link nor session on disk or in the log", async () => {
    const secrets = [ica.apiKey, (await cookie()).split("=")[1] ?? "", ica.emulator.signInUrl().split("=")[1] ?? ""];
    const files = await readdir(ica.dir, { recursive: true, withFileTypes: true });
    const texts = await Promise.all(
      files.filter((file) => file.isFile()).map((file) => readFile(path.join(file.parentPath, file.name), "utf8")),
    );
    for (const text of [...texts, ...ica.log])
      assert.ok(!secrets.some((secret) => secret !== "" && text.includes(secret)));
    assert.ok(texts.length > 3);
  });
});

describe("sessions of the page", () => {
  let now: number;
  let auth: Auth;
  let sessions: Sessions;
  let ica: TestEmulator;

  before(async () => {
    ica = await TestEmulator.start({ containers: false });
    auth = await Auth.open(new Store(path.join(ica.dir, "another-store")), 60);
  });
  after(() => ica.close());
  beforeEach(() => {
    now = 1_000_000;
    sessions = new Sessions(auth, () => now);
  });

  it("begin by a link within ten minutes, and not later", () => {
    const [early, late] = [sessions.issueLink(), sessions.issueLink()];
    now += linkLifetimeMs - 1;
    assert.ok(sessions.isOpen(sessions.beginByLink(early)));
    now += 1;
    assert.throws(() => sessions.beginByLink(late), /older than ten minutes/);
  });

  it("last twelve hours after their last use", () => {
    const session = sessions.beginByLink(sessions.issueLink());
    for (let day = 0; day < 3; day++) {
      now += 12 * 60 * 60_000 - 1;
      assert.ok(sessions.isOpen(session));
    }
    now += 12 * 60 * 60_000;
    assert.ok(!sessions.isOpen(session));
    now -= 1;
    assert.ok(!sessions.isOpen(session), "over is over");
  });

  it("begin by the key of the person, and not by that of a workspace", async () => {
    const [person, workspace] = [await auth.issueKey(user), await auth.issueKey("workspace:1")];
    assert.ok(sessions.isOpen(sessions.beginByKey(person)));
    assert.throws(() => sessions.beginByKey(workspace), /not the API key of this emulator/);
    assert.ok(!sessions.isOpen(undefined) && !sessions.isOpen(person));
  });

  it("are not without number: the oldest go", () => {
    const all = Array.from({ length: 101 }, () => sessions.beginByLink(sessions.issueLink()));
    assert.deepEqual(
      all.map((session) => sessions.isOpen(session)),
      all.map((_session, index) => index > 0),
    );
  });
});
