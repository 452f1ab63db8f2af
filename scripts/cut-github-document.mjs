// node scripts/cut-github-document.mjs VERSION
//
// Writes tests/support/servers/github/openapi.json: the calls that `ica-bench comment` makes, out of GitHub's own OpenAPI document
// (npm package @octokit/openapi). The package takes 385 MB, so it is not a dependency. Texts for people are left out.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { root } from "./lib/paths.mjs";
import { run } from "./lib/process.mjs";

const repository = "/repos/{owner}/{repo}";
const paths = [
  `${repository}/issues/{issue_number}/comments`,
  `${repository}/issues/comments/{comment_id}`,
  `${repository}/pulls`,
  `${repository}/pulls/{pull_number}`,
  `${repository}/issues`,
  `${repository}/issues/{issue_number}`,
  "/user",
];
const forPeople = ["description", "summary", "title", "example", "examples", "externalDocs", "x-github"];

const version = process.argv[2] ?? "latest";
const folder = await mkdtemp(path.join(tmpdir(), "github-document-"));
try {
  await run("npm", ["install", "--prefix", folder, "--no-save", "--ignore-scripts", `@octokit/openapi@${version}`]);
  const published = path.join(folder, "node_modules/@octokit/openapi");
  const whole = JSON.parse(await readFile(path.join(published, "generated/api.github.com.json"), "utf8"));
  const { version: cutFrom } = JSON.parse(await readFile(path.join(published, "package.json"), "utf8"));
  const cut = withoutTexts(withComponents(whole));
  cut.info = { title: `GitHub's REST API, cut from @octokit/openapi ${cutFrom}`, version: whole.info.version };
  await writeFile(path.join(root, "tests/support/servers/github/openapi.json"), `${JSON.stringify(cut, null, 2)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** The paths, and the components that they refer to. */
function withComponents({ openapi, info, paths: all, components: known }) {
  const kept = Object.fromEntries(paths.map((each) => [each, found(all[each], each)]));
  const components = {};
  const open = [kept];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const reference of referencesIn(next)) {
      const [kind, name] = reference.replace("#/components/", "").split("/");
      if (kind === "examples" || components[kind]?.[name] !== undefined) continue;
      const component = found(known[kind]?.[name], reference);
      components[kind] = { ...components[kind], [name]: component };
      open.push(component);
    }
  }
  return { openapi, info, paths: kept, components };
}

function found(value, name) {
  if (value === undefined) throw new Error(`GitHub's document has no ${name}`);
  return value;
}

function referencesIn(value) {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "$ref" && typeof inner === "string" ? [inner] : referencesIn(inner),
  );
}

/** Without texts for people. A response needs a description, and a property may be called like one of the texts. */
function withoutTexts(value, parent) {
  if (Array.isArray(value)) return value.map((item) => withoutTexts(item));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => parent === "properties" || !forPeople.includes(key));
  const result = Object.fromEntries(kept.map(([key, inner]) => [key, withoutTexts(inner, key)]));
  // The validator refuses `nullable` beside alternatives without a type. This project sends no null.
  if (result.nullable !== undefined && result.type === undefined && parent !== "properties") delete result.nullable;
  if (value.description !== undefined && ("content" in value || "headers" in value || isBareResponse(value)))
    result.description = "";
  return result;
}

function isBareResponse(value) {
  return Object.keys(value).length === 1;
}
