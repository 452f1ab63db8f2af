import { Transform, type TransformCallback } from "node:stream";
import { S3Failure } from "./failure";

const maxLine = 16 * 1024;

type State = "size" | "data" | "data-end" | "trailer" | "end";

/**
 * Decodes `Content-Encoding: aws-chunked`, which the AWS SDKs use to send a checksum after the body: chunks `<hex
 * size>\r\n<data>\r\n`, an empty chunk, then trailer lines `name:value\r\n` and an empty line. Data passes through
 * piece by piece; `trailers` is complete when the stream has ended.
 */
export class AwsChunkedDecoder extends Transform {
  /** Lower-case names, for example `x-amz-checksum-crc32`. */
  readonly trailers = new Map<string, string>();
  #state: State = "size";
  #left = 0;
  #line = Buffer.alloc(0);

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.#take(chunk);
      done();
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }

  override _flush(done: TransformCallback): void {
    // Some clients omit the empty line after the trailers.
    const complete = this.#state === "end" || (this.#state === "trailer" && this.#line.length === 0);
    done(complete ? null : new S3Failure("IncompleteBody", "The chunked body ended before its last chunk."));
  }

  #take(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#state === "data") {
        const data = rest.subarray(0, this.#left);
        this.push(data);
        this.#left -= data.length;
        rest = rest.subarray(data.length);
        if (this.#left === 0) {
          this.#state = "data-end";
        }
        continue;
      }
      const end = rest.indexOf(0x0a);
      this.#line = Buffer.concat([this.#line, end === -1 ? rest : rest.subarray(0, end)]);
      if (this.#line.length > maxLine) {
        throw new S3Failure("InvalidRequest", "A line of the chunked body is too long.");
      }
      if (end === -1) {
        return;
      }
      rest = rest.subarray(end + 1);
      const line = this.#line.toString("latin1").replace(/\r$/, "");
      this.#line = Buffer.alloc(0);
      this.#takeLine(line);
    }
  }

  #takeLine(line: string): void {
    switch (this.#state) {
      case "size": {
        const size = /^([0-9a-f]{1,8})(?:;.*)?$/i.exec(line)?.[1];
        if (size === undefined) {
          throw new S3Failure("InvalidRequest", "The chunked body has a chunk without a size.");
        }
        this.#left = Number.parseInt(size, 16);
        this.#state = this.#left === 0 ? "trailer" : "data";
        return;
      }
      case "data-end":
        if (line !== "") {
          throw new S3Failure("InvalidRequest", "A chunk is longer than its size says.");
        }
        this.#state = "size";
        return;
      case "trailer": {
        const colon = line.indexOf(":");
        if (line === "") {
          this.#state = "end";
        } else if (colon > 0) {
          this.trailers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
        }
        return;
      }
      default:
        return;
    }
  }
}
