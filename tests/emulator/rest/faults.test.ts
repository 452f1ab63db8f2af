import assert from "node:assert/strict";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { Faults } from "../../../emulator/faults/faults";
import { faultOrder } from "../../../emulator/faults/order";
import { faultsPath } from "../../../emulator/faults/routes";
import { type Answer, at, awsOf, call, each, problemDetail, s3Client, TestEmulator } from "../support";

describe("faults that are ordered", () => {
  let ica: TestEmulator;
  before(async () => {
    ica = await TestEmulator.start();
  });
  after(() => ica.close());
  afterEach(() => orders("DELETE"));

  async function orders(method: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
    const answer = await fetch(`${ica.emulator.url}${faultsPath}`, {
      method,
      headers: headers ?? { "X-API-Key": ica.apiKey },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === "" ? undefined : JSON.parse(text) };
  }

  async function order(body: unknown): Promise<void> {
    const { status, body: made } = await orders("POST", body);
    assert.equal(status, 201, JSON.stringify(made));
  }

  const regions = () => ica.call("GET", "/api/regions");
  const folder = (name: string) => ica.call("POST", ica.data, { body: { name, folderPath: "/", dataType: "FOLDER" } });
  const folders = async () => each(await ica.ok("GET", ica.data), "items", "data", "details", "name");

  it("answer so many calls with an error, after so many, in the form that the API documents", async () => {
    await order({
      path: "/api/regions",
      after: 1,
      times: 2,
      fault: { kind: "status", status: 503, detail: "Maintenance.", retryAfter: 7 },
    });
    assert.equal((await regions()).status, 200);
    for (const answer of [await regions(), await regions()]) {
      assert.equal(problemDetail(answer, 503), "Maintenance.");
      assert.equal(answer.headers.get("retry-after"), "7");
    }
    assert.equal((await regions()).status, 200);
    assert.deepEqual(each((await orders("GET")).body, "items", "happened"), [2]);
  });

  it("happen to no other method and no other path", async () => {
    await order({ method: "POST", path: "/api/projects/*/data", fault: { kind: "status", status: 500 } });
    assert.equal((await regions()).status, 200);
    assert.equal((await ica.call("GET", ica.data)).status, 200);
    problemDetail(await folder("refused"), 500);
    assert.ok(!(await folders()).includes("refused"), "what is refused is not carried out");
  });

  it("delay a call, and carry it out", async () => {
    await order({ path: "/api/regions", fault: { kind: "delay", ms: 300 } });
    const start = performance.now();
    assert.equal((await regions()).status, 200);
    assert.ok(performance.now() - start >= 299);
  });

  it("reset the connection before a call is carried out, or after", async () => {
    for (const kind of ["reset", "drop"]) {
      await order({ method: "POST", path: ica.data, fault: { kind } });
      await assert.rejects(folder(kind), ({ cause }: Error) => /ECONNRESET|other side closed/.test(String(cause)));
    }
    const there = await folders();
    assert.ok(!there.includes("reset"));
    assert.ok(there.includes("drop"));
  });

  it("let a token expire, and no other", async () => {
    const token = async () => String(at(await ica.ok("POST", "/api/tokens"), "token"));
    const [one, other] = [await token(), await token()];
    const by = (bearer: string) =>
      call(ica.emulator.url, "GET", "/api/regions", { headers: { Authorization: `Bearer ${bearer}` } });
    assert.notEqual(one, other);
    await order({ path: "/api/regions", fault: { kind: "expiry" } });
    assert.match(problemDetail(await by(one), 401), /has expired/);
    assert.match(problemDetail(await by(one), 401), /has expired/, "for good");
    assert.equal((await by(other)).status, 200);
  });

  it("happen to objects, in S3's form", async () => {
    const made = await ica.ok("POST", `${ica.data}:createFileWithTemporaryCredentials`, {
      body: { name: "file.bin", folderPath: "/" },
    });
    const aws = awsOf(at(made, "tempCredentials"));
    const s3 = s3Client(ica.emulator.s3Url, aws);
    const place = { Bucket: aws.bucket, Key: aws.objectPrefix };
    const put = () => s3.send(new PutObjectCommand({ ...place, Body: "content" }));

    await order({ method: "PUT", path: "/s3/*", fault: { kind: "status", status: 503 } });
    await assert.rejects(put(), { name: "SlowDown" });
    await order({ path: `/s3/${aws.bucket}/*`, fault: { kind: "expiry" } });
    await assert.rejects(put(), { name: "ExpiredToken" });
    await assert.rejects(put(), { name: "ExpiredToken" }, "for good");

    const fresh = awsOf(
      await ica.ok("POST", `${ica.data}/${String(at(made, "data", "id"))}:createTemporaryCredentials`, { body: {} }),
    );
    const renewed = s3Client(ica.emulator.s3Url, fresh);
    await order({ method: "PUT", path: "/s3/*", fault: { kind: "drop" } });
    await assert.rejects(renewed.send(new PutObjectCommand({ ...place, Body: "content" })));
    const { Body } = await renewed.send(new GetObjectCommand(place));
    assert.equal(await Body?.transformToString(), "content");
  });

  it("need the API key, and are refused when they are not valid", async () => {
    const valid = { fault: { kind: "reset" } };
    problemDetail(await orders("POST", valid, {}), 401);
    problemDetail(await orders("GET", undefined, { Authorization: `Bearer ${ica.apiKey}` }), 401);
    for (const [wrong, words] of [
      [{}, /fault: /],
      [{ fault: { kind: "status", status: 200 } }, /fault\.status: /],
      [{ ...valid, times: 0 }, /times: /],
      [{ ...valid, sometimes: true }, /sometimes/],
      [["reset"], /body: /],
    ] as const) {
      assert.match(problemDetail(await orders("POST", wrong), 400), words);
    }
    assert.deepEqual(at((await orders("GET")).body, "items"), []);
  });

  it("are forgotten on request, and when the emulator restarts", async () => {
    await order({ path: "*", times: 1000, fault: { kind: "status", status: 500 } });
    assert.equal((await regions()).status, 500);
    assert.equal((await orders("DELETE")).status, 204);
    assert.equal((await regions()).status, 200);
  });

  it("match paths as a pattern with * does", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "/", "*"), maxLength: 8 });
    fc.assert(
      fc.property(
        text,
        fc.string({ unit: fc.constantFrom("a", "b", "/", "*"), minLength: 1, maxLength: 6 }),
        (path, pattern) => {
          const faults = new Faults();
          faults.order(faultOrder.parse({ path: pattern, fault: { kind: "reset" } }));
          const reference = new RegExp(`^${pattern.replaceAll("*", "[^]*")}$`);
          assert.equal(faults.take("GET", path) !== undefined, reference.test(path));
        },
      ),
      { numRuns: 3000 },
    );
  });
});
