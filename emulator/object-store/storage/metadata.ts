import type { IncomingHttpHeaders } from "node:http";

const describing = ["cache-control", "content-disposition", "content-encoding", "content-language", "expires"];

/** The headers of an upload that describe the object. The others may hold credentials and are not stored. */
export function metadataIn(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = { "content-type": headers["content-type"] ?? "binary/octet-stream" };
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string" && (describing.includes(name) || name.startsWith("x-amz-meta-"))) {
      kept[name] = value;
    }
  }
  // The transfer encoding of a body is not a property of the object.
  const encodings = (kept["content-encoding"] ?? "").split(",").map((each) => each.trim());
  const encoding = encodings.filter((each) => each !== "" && each !== "aws-chunked").join(", ");
  delete kept["content-encoding"];
  return encoding === "" ? kept : { ...kept, "content-encoding": encoding };
}
