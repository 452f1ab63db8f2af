import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { request } from "node:http";
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import fc from "fast-check";
import { readXml } from "../../../emulator/object-store/read-xml";
import { xmlOf } from "../../../emulator/object-store/xml";
import { signedRequest } from "../fuzz/signed";
import { exchange } from "../fuzz/wire";
import { at, awsOf, s3Client, TestEmulator } from "../support";

describe("the calls of the emulator's object store", () => {
  let ica: TestEmulator;
  let files = 0;

  before(async () => {
    ica = await TestEmulator.start({ containers: false });
  });
  after(() => ica.close());

  async function newFile() {
    files += 1;
    const made = await ica.ok("POST", `${ica.data}:createFileWithTemporaryCredentials`, { body: { name: `${files}` } });
    const aws = awsOf(at(made, "tempCredentials"));
    return {
      ...{ aws, id: String(at(made, "data", "id")), place: { Bucket: aws.bucket, Key: aws.objectPrefix } },
      s3: s3Client(ica.emulator.s3Url, aws),
    };
  }

  it("list the uploads to an object, page by page, and the parts of one", async () => {
    const { s3, place } = await newFile();
    const ids: (string | undefined)[] = [];
    for (let count = 0; count < 3; count++) {
      ids.push((await s3.send(new CreateMultipartUploadCommand(place))).UploadId);
    }
    const listed: (string | undefined)[] = [];
    let markers: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
    for (let more = true; more; ) {
      const page = await s3.send(
        new ListMultipartUploadsCommand({ Bucket: place.Bucket, Prefix: place.Key, MaxUploads: 2, ...markers }),
      );
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        assert.equal(Key, place.Key);
        assert.ok(Initiated !== undefined);
        listed.push(UploadId);
      }
      markers = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
      more = page.IsTruncated === true;
    }
    assert.deepEqual([...listed].sort(), [...ids].sort());

    const upload = { ...place, UploadId: ids[0] };
    for (const PartNumber of [10, 2, 9]) {
      await s3.send(new UploadPartCommand({ ...upload, PartNumber, Body: "x".repeat(PartNumber) }));
    }
    const first = await s3.send(new ListPartsCommand({ ...upload, MaxParts: 2 }));
    assert.deepEqual(
      first.Parts?.map(({ PartNumber, Size, ETag }) => [PartNumber, Size, ETag]),
      [2, 9].map((size) => [size, size, `"${createHash("md5").update("x".repeat(size)).digest("hex")}"`]),
    );
    assert.equal(first.IsTruncated, true);
    const rest = await s3.send(new ListPartsCommand({ ...upload, PartNumberMarker: first.NextPartNumberMarker }));
    assert.deepEqual([rest.IsTruncated, rest.Parts?.map(({ PartNumber }) => PartNumber)], [false, [10]]);
  });

  it("list nothing of other objects", async () => {
    const [one, two] = [await newFile(), await newFile()];
    await two.s3.send(new CreateMultipartUploadCommand(two.place));
    const list = (Prefix: string | undefined) =>
      one.s3.send(new ListMultipartUploadsCommand({ Bucket: one.place.Bucket, Prefix }));
    assert.deepEqual((await list(one.place.Key)).Uploads, undefined);
    await assert.rejects(list(two.place.Key), { name: "AccessDenied" });
    await assert.rejects(list(undefined), { name: "AccessDenied" });
  });

  it("are refused by name when the store does not serve them", async () => {
    const { s3, place } = await newFile();
    await assert.rejects(s3.send(new DeleteObjectCommand(place)), {
      name: "NotImplemented",
      message: /does not serve DELETE\. It serves GetObject, HeadObject, .*AbortMultipartUpload/,
    });
  });

  it("need a signature for the region that the credentials name", async () => {
    const { aws, place } = await newFile();
    const elsewhere = s3Client(ica.emulator.s3Url, { ...aws, region: "eu-central-1" });
    await assert.rejects(elsewhere.send(new PutObjectCommand({ ...place, Body: "x" })), (error: Error) => {
      assert.equal(error.name, "AuthorizationHeaderMalformed");
      assert.match(error.message, /the region 'eu-central-1' is wrong; expecting 'us-east-1'/);
      return true;
    });
    const url = String(at(await ica.ok("POST", `${ica.data}/${(await newFile()).id}:createUploadUrl`), "url"));
    const answer = await fetch(url.replace("us-east-1", "eu-central-1"), { method: "PUT", body: "x" });
    assert.equal(answer.status, 400);
    assert.match(
      await answer.text(),
      /<Code>AuthorizationQueryParametersError<.*eu-central-1.* is wrong.*<Region>us-east-1</,
    );
  });

  it("say that a signature of version 2 is one, in an address and in a header", async () => {
    const { aws, place } = await newFile();
    const path = `/${place.Bucket}/${place.Key}`;
    const expires = Math.floor(Date.now() / 1000) + 600;
    const signature = createHmac("sha1", aws.secretKey).update(`GET\n\n\n${expires}\n${path}`).digest("base64");
    const presigned = new URL(`${ica.emulator.s3Url}${path}`);
    presigned.search = String(
      new URLSearchParams({ AWSAccessKeyId: aws.accessKey, Expires: String(expires), Signature: signature }),
    );
    for (const answer of [
      await fetch(presigned),
      await fetch(`${ica.emulator.s3Url}${path}`, { headers: { Authorization: `AWS ${aws.accessKey}:${signature}` } }),
    ]) {
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), /<Code>InvalidRequest<.*use AWS4-HMAC-SHA256.*Signature Version 2.*s3v4/);
    }
  });

  it("refuse a body that is too large, or of unknown length, before it comes", async () => {
    const put = async (headers: Record<string, string>) => {
      const url = String(at(await ica.ok("POST", `${ica.data}/${(await newFile()).id}:createUploadUrl`), "url"));
      return new Promise<string>((resolve, reject) => {
        const sending = request(url, { method: "PUT", headers }, (answer) => {
          let body = "";
          answer.setEncoding("utf8").on("data", (text: string) => {
            body += text;
          });
          answer.on("end", () => resolve(`${answer.statusCode} ${body}`));
        });
        sending.on("error", reject);
        sending.flushHeaders();
      });
    };
    assert.match(await put({ "Content-Length": String(5 * 1024 ** 3 + 1) }), /^400 .*EntityTooLarge/);
    assert.match(await put({ "Transfer-Encoding": "chunked" }), /^411 .*MissingContentLength/);
  });

  it("refuse to complete an upload with what is no list of parts", async () => {
    const { aws, place } = await newFile();
    const s3 = s3Client(ica.emulator.s3Url, aws);
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(place));
    const complete = async (xml: string) => {
      const target = {
        ...{ method: "POST", path: `/${place.Bucket}/${place.Key}`, query: { uploadId: String(UploadId) } },
        ...{ headers: {}, body: xml },
      };
      const reply = await exchange(Number(new URL(ica.emulator.url).port), await signedRequest(s3, target));
      return `${reply?.status} ${reply?.body}`;
    };
    const list = (part: string) => `<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`;
    const part = (number: string, etag = "") =>
      list(`<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`);
    for (const xml of [
      ...["", "a", "<a", "<a/>", list(""), list("<Part/>"), part("0"), part("10001"), part("-1"), part("1e2")],
      `<!DOCTYPE a [<!ENTITY b "c">]>${part("1", "&b;")}`,
      "<a>".repeat(5000) + "</a>".repeat(5000),
    ]) {
      assert.match(await complete(xml), /^400 .*<Code>MalformedXML</, xml.slice(0, 100));
    }
    assert.match(await complete("x".repeat(4 * 1024 * 1024 + 1)), /^400 .*<Code>MaxMessageLengthExceeded</);
    assert.match(await complete(part("1", "&quot;0&#34;")), /^400 .*<Code>InvalidPart</);
  });
});

describe("XML of the object store", () => {
  it("gives back any text as it was written", () => {
    // XML has no way to write these: https://www.w3.org/TR/xml/#charsets
    const text = fc.string({ unit: "grapheme" }).map((each) => each.replace(/[^\x20-\uD7FF]/g, "").trim());
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (texts) => {
        assert.deepEqual(readXml(xmlOf("List", { Item: texts }), "Item"), { "?xml": "", List: { Item: texts } });
      }),
    );
  });

  it("may hold as many parts as an upload, with their quotes", () => {
    const part = (number: number) =>
      `<Part><PartNumber>${number}</PartNumber><ETag>&quot;${"0".repeat(32)}&#34;</ETag></Part>`;
    const parts = Array.from({ length: 10_000 }, (_, index) => part(index + 1)).join("");
    const read = readXml(`<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`, "Part");
    assert.equal(at(read, "CompleteMultipartUpload", "Part", 9999, "ETag"), `"${"0".repeat(32)}"`);
  });

  it("with entities of its own is refused, and none is looked up", () => {
    for (const type of ["<!DOCTYPE a SYSTEM 'file:///etc/passwd'>", "<!doctype a [<!ENTITY x 'y'>]>"]) {
      assert.throws(() => readXml(`${type}<a>&x;</a>`, "Part"), { code: "MalformedXML" });
    }
  });
});
