import { XMLBuilder } from "fast-xml-parser";

/** Escapes XML's special characters, and drops characters that XML cannot contain. */
const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: "@" });

/** A document with one root element. Arrays become repeated elements. */
export function xmlOf(root: string, content: Readonly<Record<string, unknown>>): string {
  return builder.build({ "?xml": { "@version": "1.0", "@encoding": "UTF-8" }, [root]: content });
}

/** The same in S3's namespace, which all its answers except errors use. */
export function s3XmlOf(root: string, content: Readonly<Record<string, unknown>>): string {
  return xmlOf(root, { "@xmlns": "http://s3.amazonaws.com/doc/2006-03-01/", ...content });
}
