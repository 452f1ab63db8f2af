import { CST, Lexer, parse } from "yaml";
import { deepestJson, isTooDeep } from "../../provider/bytes/json-depth";

/** The JSON or YAML of a document from outside; undefined when it is neither, or nested too deep to walk through. */
export function parseDocument(text: string): unknown {
  if (/^\s*</.test(text)) return undefined;
  try {
    const value = /^\s*\{/.test(text) ? JSON.parse(text) : parseYaml(text);
    return isTooDeep(value) ? undefined : value;
  } catch (error) {
    if (error instanceof Error && ["SyntaxError", "YAMLParseError", "ReferenceError"].includes(error.name))
      return undefined;
    throw error;
  }
}

function parseYaml(text: string): unknown {
  if (isDeepYaml(text)) return undefined;
  // Looking for a key that is there twice takes quadratic time.
  return parse(text, { maxAliasCount: 1000, uniqueKeys: false, prettyErrors: false });
}

/** Columns that a level of a document written by a program or a person is indented by, at the most. */
const widestIndent = 8;

/**
 * Whether YAML is nested too deep. The parser takes stack for each level, and where it runs out while a regular expression is compiled,
 * Node ends the process: so it is asked before.
 */
function isDeepYaml(text: string): boolean {
  let flow = 0;
  let inLine = 0;
  let indent = 0;
  let isLineStart = true;
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token);
    if (type === "flow-seq-start" || type === "flow-map-start") flow++;
    else if (type === "flow-seq-end" || type === "flow-map-end") flow--;
    else if (type === "newline") [inLine, indent] = [0, 0];
    else if (type === "space" && isLineStart) indent = token.length;
    // `- - - a` opens a level with each sign.
    else if (type === "seq-item-ind" || type === "explicit-key-ind") inLine++;
    else if (type === "map-value-ind" && indent > deepestJson * widestIndent) return true;
    if (Math.max(flow, inLine) > deepestJson) return true;
    isLineStart = type === "newline";
  }
  return false;
}
