// Finds regular expressions that take quadratic time or worse (ReDoS) in code that reads untrusted text.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import pLimit from "p-limit";
import { check } from "recheck";
import ts from "typescript";

const repository = path.join(import.meta.dirname, "..");
const folders = ["provider", "emulator", "runtime", "cli", "sdk"];
/** Milliseconds per expression; a check that takes longer gives no verdict. */
const limits = { timeout: 2000, incubationTimeout: 500, attackTimeout: 500 };

/** Expressions that only meet text of bounded length: pattern → reason. */
const bounded = new Map([
  [String.raw`/^(.+)\._S3rver_(.+)$/`, "a file's name has at most 255 bytes"],
  [String.raw`/Credential=([^/,\s]+)\//`, "Node takes at most 16 KiB of headers"],
]);

function expressionsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(path.join(repository, file), "utf8"), ts.ScriptTarget.Latest);
  const found = [];
  const visit = (node) => {
    if (ts.isRegularExpressionLiteral(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      found.push({ place: `${file}:${line + 1}`, text: node.text });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const files = folders.flatMap((folder) =>
  readdirSync(path.join(repository, folder), { recursive: true })
    .filter((name) => /\.(?:ts|js)$/.test(name) && !/^(?:dist|node_modules)\b/.test(name))
    .map((name) => path.join(folder, name)),
);
const places = new Map();
for (const { place, text } of files.flatMap(expressionsOf)) places.set(text, [...(places.get(text) ?? []), place]);

const limit = pLimit(4);
const judge = async ([text, found]) => {
  const end = text.lastIndexOf("/");
  const { status, complexity } = await check(text.slice(1, end), text.slice(end + 1), limits);
  return { text, found, status, complexity: complexity?.summary };
};
const judged = await Promise.all([...places].map((entry) => limit(judge, entry)));
const bad = judged.filter(({ status, text }) => status === "vulnerable" && !bounded.has(text));
for (const { text, found, complexity } of bad) console.error(`${found.join(", ")}: ${text} takes ${complexity} time`);
const unused = [...bounded.keys()].filter(
  (text) => !judged.some((each) => each.text === text && each.status === "vulnerable"),
);
for (const text of unused) console.error(`scripts/check-regexps.mjs names ${text}, which is not there, or harmless`);
const unknown = judged.filter(({ status }) => status === "unknown").length;
console.log(
  `${judged.length} regular expressions: ${bad.length} slow, ${bounded.size} bounded, ${unknown} not checked in time`,
);
process.exit(bad.length + unused.length === 0 ? 0 : 1);
