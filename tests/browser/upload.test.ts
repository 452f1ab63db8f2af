import { strict as assert } from "node:assert";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { Browser } from "playwright-core";
import { awsOf, s3Client, TestEmulator } from "../emulator/support";
import { SlowLink } from "../support/servers/slow-link";
import { launch, shownText, Visitor } from "./visitor";

const MB = 1_000_000;

describe("an upload, on the emulator's page", function () {
  this.timeout(120_000);
  let browser: Browser;
  let ica: TestEmulator;
  let link: SlowLink;
  let visitor: Visitor;

  before(async () => {
    browser = await launch();
    ica = await TestEmulator.start({ containers: false });
    link = await SlowLink.start(ica.emulator.url);
    visitor = await Visitor.with(browser);
    await visitor.opens(ica.emulator.signInUrl());
  });
  after(async () => {
    await browser?.close();
    await link?.close();
    await ica?.close();
  });

  /** A new file, and a client that uploads it over the slow link. */
  async function file(name: string) {
    const made = await ica.ok("POST", `${ica.data}:createFileWithTemporaryCredentials`, { body: { name } });
    const aws = awsOf(Object(made).tempCredentials);
    return { client: s3Client(`${link.url}/s3`, aws), object: { Bucket: aws.bucket, Key: aws.objectPrefix } };
  }

  const row = (name: string) => visitor.page.getByRole("row").filter({ hasText: name });

  /** Waits until at least so much is shown as received; how much it is. */
  async function received(name: string, atLeast: number): Promise<number> {
    const cell = row(name).locator(".upload");
    for (;;) {
      await cell.waitFor();
      const megabytes = Number(/([\d.]+) MB received/.exec(await shownText(cell))?.[1] ?? 0);
      if (megabytes * MB >= atLeast) return megabytes * MB;
      await visitor.page.waitForFunction("true", undefined, { polling: 100 });
    }
  }

  it("in parts shows how much has arrived while it runs, and its size when it is complete", async () => {
    const { client, object } = await file("image.tar.bz2");
    link.allow(Number.POSITIVE_INFINITY);
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(object));
    const part = (PartNumber: number, bytes: number) =>
      client.send(new UploadPartCommand({ ...object, UploadId, PartNumber, Body: Buffer.alloc(bytes, PartNumber) }));
    const first = await part(1, 6 * MB);
    await row("image.tar.bz2").getByText("6.0 MB received, 1 part complete").waitFor();

    link.hold(2 * MB);
    const sending = part(2, 6 * MB);
    const some = await received("image.tar.bz2", 7 * MB);
    assert.ok(some < 9 * MB, `${some} bytes: no more than the link let through`);
    assert.match(await shownText(row("image.tar.bz2")), /PARTIAL[\s\S]*1 part complete/);
    assert.equal(await row("image.tar.bz2").getByRole("progressbar", { name: "Upload of /image.tar.bz2" }).count(), 1);
    link.allow(2 * MB);
    const more = await received("image.tar.bz2", 9 * MB);
    assert.ok(more > some && more < 11 * MB);
    link.allow(Number.POSITIVE_INFINITY);
    const second = await sending;
    await row("image.tar.bz2").getByText("12 MB received, 2 parts complete").waitFor();

    const Parts = [first, second].map(({ ETag }, index) => ({ ETag, PartNumber: index + 1 }));
    await client.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }));
    await row("image.tar.bz2").getByText("AVAILABLE").waitFor();
    assert.match(await shownText(row("image.tar.bz2")), /AVAILABLE\s+12 MB/);
    assert.equal(await row("image.tar.bz2").getByRole("progressbar").count(), 0);
    await visitor.page
      .getByRole("log")
      .getByRole("listitem")
      .filter({ hasText: "POST" })
      .filter({ hasText: "/s3/" })
      .first()
      .waitFor();
  });

  it("in one piece also shows progress; one that breaks off shows an error", async () => {
    const { client, object } = await file("notes.tar");
    link.hold(3 * MB);
    const sending = client.send(new PutObjectCommand({ ...object, Body: Buffer.alloc(6 * MB, 1) }));
    const failing = assert.rejects(sending);
    await received("notes.tar", 2 * MB);
    link.cut();
    await failing;
    await row("notes.tar").locator(".upload").waitFor({ state: "detached" });
    const fault = visitor.page.getByRole("log").getByRole("listitem").filter({ hasText: "broken" });
    await fault.filter({ hasText: "PUT" }).getByText("Fault: The connection ended before the answer did.").waitFor();
  });
});
