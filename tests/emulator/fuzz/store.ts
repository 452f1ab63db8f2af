import fc from "fast-check";
import type { Aws } from "../support";
import { garbage, jsonText } from "./schema";
import type { StoreRequest } from "./signed";

/** Requests to the store: real operations with a thing or two wrong. */
export function storeRequests(aws: Aws, upload: string): fc.Arbitrary<StoreRequest> {
  const text = garbage.map((json) => jsonText(json).slice(0, 2000));
  const parts = fc
    .array(
      fc.tuple(
        fc.oneof(fc.integer({ min: -2, max: 20_000 }), text),
        fc.oneof(fc.constant('"0cc175b9c0f1b6a831c399e269772661"'), text),
      ),
    )
    .map((list) =>
      list.map(([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`).join(""),
    );
  const complete = parts.map((list) => `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`);
  return (
    fc
      .record({
        method: fc.constantFrom("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"),
        path: fc.oneof(
          { weight: 8, arbitrary: fc.constant(`/${aws.bucket}/${aws.objectPrefix}`) },
          fc.constantFrom(
            "/",
            `/${aws.bucket}`,
            `/${aws.bucket}/..%2f..`,
            `/${aws.bucket}/${aws.objectPrefix}/x`,
            "//",
          ),
          fc.webPath().map((path) => `/${path}`),
        ),
        query: fc.dictionary(
          fc.constantFrom("uploads", "uploadId", "partNumber", "acl", "tagging", "list-type", "versionId", "prefix"),
          fc.oneof(fc.constantFrom(upload, "1", "10001", "-1", ""), text),
          { maxKeys: 3, noNullPrototype: true },
        ),
        headers: fc.dictionary(
          fc.constantFrom(
            "content-md5",
            "x-amz-checksum-crc32",
            "x-amz-decoded-content-length",
            "content-type",
            "range",
            "x-amz-copy-source",
          ),
          fc.oneof(
            fc.constantFrom("", "bytes=5-1", "bytes=0-", "0"),
            fc.base64String(),
            fc.stringMatching(/^[ -~]{0,40}$/),
          ),
          { maxKeys: 2, noNullPrototype: true },
        ),
        body: fc.oneof(
          complete,
          fc.constantFrom(
            "",
            "a",
            "<",
            "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
            "<a>".repeat(5000),
          ),
          text,
        ),
      })
      // writing the whole object would end the upload that the others are about
      .filter(({ method, query }) => method !== "PUT" || "uploadId" in query || "acl" in query)
  );
}
