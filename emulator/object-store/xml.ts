import { XMLBuilder } from "fast-xml-parser";

/** Escapes what has a meaning in XML, and leaves out characters that XML cannot hold. */
const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: "@" });

/** A document of one root element. An array repeats its element. */
export function xmlOf(root: string, content: Readonly<Record<string, unknown>>): string {
  return builder.build({ "?xml": { "@version": "1.0", "@encoding": "UTF-8" }, [root]: content });
}

/** The same in S3's namespace, as all its answers but errors are. */
export function s3XmlOf(root: string, content: Readonly<Record<string, unknown>>): string {
  return xmlOf(root, { "@xmlns": "http://s3.amazonaws.com/doc/2006-03-01/", ...content });
}
