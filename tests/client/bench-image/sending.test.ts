import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { sendOrAdopt } from "../../../provider/bench-image/archive-file/send";
import { archiveTarget } from "../../../provider/bench-image/identity";
import type { ReadyImage } from "../../../provider/bench-image/source/ready-image";
import { UploadError } from "../../../provider/upload/upload";
import { contextFor } from "../../support/context";
import { imageInputs } from "../../support/factories";
import { setEnvironment } from "../../support/programs/environment";
import { reading } from "../../support/reading";
import { known, Store } from "../../support/servers/s3-store";
import { problem, ScriptedServer } from "../../support/servers/scripted-server";
import { until } from "../../support/until";

describe("sending an image", () => {
  let server: ScriptedServer;
  let store: Store;
  let folder: string;
  let restore: () => void;
  beforeEach(async () => {
    server = await ScriptedServer.start();
    store = new Store();
    await store.start();
    folder = await mkdtemp(join(tmpdir(), "pulumi-ica-test-"));
    restore = setEnvironment({ XDG_CACHE_HOME: folder });
  });
  afterEach(async () => {
    restore();
    await server.close();
    await store.stop();
    await rm(folder, { recursive: true });
  });

  const target = archiveTarget(imageInputs({ archive: { compression: "none" } }));
  const file = {
    kind: "open" as const,
    dataId: "fil.1",
    credentials: known,
    renew: async () => known,
    assertOpen: async () => undefined,
  };
  const ready = (stream: () => Readable): ReadyImage => ({
    reference: "x",
    readSaved: async () => reading(stream()),
    digest: () => "sha256:0",
    drop: () => undefined,
  });
  const send = (stream: () => Readable) => {
    const context = contextFor(server.baseUrl, { s3Endpoint: store.endpoint });
    return sendOrAdopt(context, target, ready(stream), file);
  };

  it("fails with the store's refusal, also when ICA no longer answers", async () => {
    store.gate = (_, response) => {
      response.writeHead(403, { "Content-Type": "application/xml" });
      response.end("<Error><Code>AccessDenied</Code><Message>The key is disabled.</Message></Error>");
      return true;
    };
    server.on("POST", "/api/tokens", problem(503, "Down"));
    await assert.rejects(
      send(() => Readable.from([Buffer.from("archive")], { objectMode: false })),
      (error: unknown) => error instanceof UploadError && /AccessDenied: The key is disabled/.test(error.message),
    );
  });

  it("names the setting of the object store, and where it is from, when an upload fails", async () => {
    const from = { s3Endpoint: "ICA_S3_ENDPOINT in the environment" };
    const refusing = (_: unknown, response: ServerResponse) => {
      response.writeHead(404).end();
      return true;
    };
    store.gate = refusing;
    const context = contextFor(server.baseUrl, { s3Endpoint: store.endpoint, from });
    const archive = ready(() => Readable.from([Buffer.from("archive")], { objectMode: false }));
    await assert.rejects(sendOrAdopt(context, target, archive, file), (error: unknown) => {
      assert.ok(error instanceof UploadError);
      const words = ` The object store was ${store.endpoint}: ICA_S3_ENDPOINT in the environment.`;
      assert.ok(error.message.endsWith(words), error.message);
      return true;
    });
  });

  it("writes nothing of an image that is another one by the end", async () => {
    const image = { ...ready(() => Readable.from([Buffer.from("archive")], { objectMode: false })) };
    const moved = { ...image, assertSame: () => Promise.reject(new Error("another image")) };
    await assert.rejects(
      sendOrAdopt(contextFor(server.baseUrl, { s3Endpoint: store.endpoint }), target, moved, file),
      /another image/,
    );
    assert.equal(await store.hasObject(), false);
  });

  it("reads at most two images at a time", async () => {
    const begun: (() => void)[] = [];
    const waiting = () => new Readable({ read: () => undefined });
    const all = Array.from({ length: 4 }, () =>
      send(() => {
        const stream = waiting();
        begun.push(() => stream.destroy(new Error("enough")));
        return stream;
      }).catch((error: unknown) => error),
    );
    await until("two are read", () => begun.length === 2);
    begun[0]?.();
    await until("the next one is read", () => begun.length === 3);
    begun[1]?.();
    await until("the last one is read", () => begun.length === 4);
    begun[2]?.();
    begun[3]?.();
    for (const error of await Promise.all(all)) assert.match(String(error), /enough/);
  });
});
