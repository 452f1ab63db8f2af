import { XMLParser } from "fast-xml-parser";
import { S3Failure } from "./failure";

/** The maximum number of entities in a document of this size: `&lt;` is the shortest. */
const entitiesIn = (text: string) => Math.ceil(text.length / 4);

/**
 * Parses a client's XML: text only, no attributes, `repeated` elements always as arrays. Refuses a document with a
 * DOCTYPE, which could define entities that make a server read files or run out of memory.
 */
export function readXml(text: string, repeated: string): unknown {
  const parser = new XMLParser({
    parseTagValue: false,
    htmlEntities: true,
    processEntities: {
      enabled: true,
      maxTotalExpansions: entitiesIn(text),
      maxExpandedLength: text.length,
    },
    maxNestedTags: 10,
    isArray: (name) => name === repeated,
  });
  try {
    if (/<!DOCTYPE/i.test(text)) {
      throw new Error("no document types here");
    }
    return parser.parse(text, true);
  } catch (cause) {
    throw malformed({ cause });
  }
}

/** S3's error for XML that it cannot use. */
export function malformed(options?: ErrorOptions): S3Failure {
  return new S3Failure(
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema.",
    options,
  );
}
