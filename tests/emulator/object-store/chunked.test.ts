import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { AwsChunkedDecoder } from "../../../emulator/object-store/chunked";

/** Decodes text that arrives in pieces that end at these places. */
async function decode(
  text: Buffer,
  cuts: readonly number[] = [],
): Promise<{ content: Buffer; trailers: ReadonlyMap<string, string> }> {
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  const pieces = places.slice(1).map((end, index) => text.subarray(places[index], end));
  const decoder = new AwsChunkedDecoder();
  const content = await buffer(Readable.from(pieces.filter((piece) => piece.length > 0)).compose(decoder));
  return { content, trailers: decoder.trailers };
}

function encode(chunks: readonly Uint8Array[], trailer = ""): Buffer {
  const parts = chunks
    .filter((chunk) => chunk.length > 0)
    .map((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n")]);
  return Buffer.concat([...parts.flat(), Buffer.from(`0\r\n${trailer}\r\n`)]);
}

describe("the aws-chunked decoder", () => {
  it("gives back the content, however the network splits it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 50 })),
        fc.array(fc.nat(), { maxLength: 8 }),
        async (chunks, cuts) => {
          const { content, trailers } = await decode(encode(chunks, "x-amz-checksum-crc32:AAAAAA==\r\n"), cuts);
          assert.deepEqual(content, Buffer.concat(chunks));
          assert.equal(trailers.get("x-amz-checksum-crc32"), "AAAAAA==");
        },
      ),
    );
  });

  it("refuses a body that is cut off, and sizes that are not valid", async () => {
    const whole = encode([Buffer.from("hello")]);
    await assert.rejects(decode(whole.subarray(0, 6)), { code: "IncompleteBody" });
    await assert.rejects(decode(Buffer.from("zz\r\nhello\r\n0\r\n\r\n")), { code: "InvalidRequest" });
    await assert.rejects(decode(Buffer.from("2\r\nhello\r\n0\r\n\r\n")), { code: "InvalidRequest" });
    await assert.rejects(decode(Buffer.from("1".repeat(20_000))), { code: "InvalidRequest" });
  });
});
