import { CST, Lexer, parse } from "yaml";
import { deepestJson, isTooDeep } from "../../provider/bytes/json-depth";

/** Parses an untrusted JSON or YAML document. Returns undefined when it is neither, or is nested too deeply to walk. */
export function parseDocument(text: string): unknown {
  if (/^\s*</.test(text)) {
    return undefined;
  }
  try {
    const value = /^\s*\{/.test(text) ? JSON.parse(text) : parseYaml(text);
    return isTooDeep(value) ? undefined : value;
  } catch (error) {
    if (error instanceof Error && ["SyntaxError", "YAMLParseError", "ReferenceError"].includes(error.name)) {
      return undefined;
    }
    throw error;
  }
}

function parseYaml(text: string): unknown {
  if (isDeepYaml(text)) {
    return undefined;
  }
  // The search for duplicate keys takes quadratic time.
  return parse(text, { maxAliasCount: 1000, uniqueKeys: false, prettyErrors: false });
}

/** The widest indentation of one level, in columns, that programs and people use. */
const widestIndent = 8;

/**
 * Whether YAML is nested too deeply. The parser uses stack for each level. If the stack runs out while Node compiles a
 * regular expression, Node ends the process, so this check runs first.
 */
function isDeepYaml(text: string): boolean {
  let flow = 0;
  let inLine = 0;
  let indent = 0;
  let isLineStart = true;
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token);
    if (type === "flow-seq-start" || type === "flow-map-start") {
      flow++;
    } else if (type === "flow-seq-end" || type === "flow-map-end") {
      flow--;
    } else if (type === "newline") {
      [inLine, indent] = [0, 0];
    } else if (type === "space" && isLineStart) {
      indent = token.length;
    }
    // In `- - - a`, each sign opens a level.
    else if (type === "seq-item-ind" || type === "explicit-key-ind") {
      inLine++;
    } else if (type === "map-value-ind" && indent > deepestJson * widestIndent) {
      return true;
    }
    if (Math.max(flow, inLine) > deepestJson) {
      return true;
    }
    isLineStart = type === "newline";
  }
  return false;
}
