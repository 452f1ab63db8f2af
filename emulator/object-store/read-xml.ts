import { XMLParser } from "fast-xml-parser";
import { S3Failure } from "./failure";

/** The most entities that a document of this size can hold: `&lt;` is the shortest. */
const entitiesIn = (text: string) => Math.ceil(text.length / 4);

/**
 * Reads what a client sent: text only, no attributes, `repeated` elements always as arrays. A document with a type of its
 * own (DOCTYPE) could define entities, which are a way to make a server read files or run out of memory: it is refused.
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

/** What S3 answers to XML that it cannot use. */
export function malformed(options?: ErrorOptions): S3Failure {
  return new S3Failure(
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema.",
    options,
  );
}
