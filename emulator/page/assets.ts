import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly content: Buffer;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** The modules of lit-html that the page uses, as published. They import each other by relative paths. */
const litHtmlModules = ["lit-html.js", "directive.js", "directive-helpers.js", "directives/repeat.js"];

/** The files of the page by their paths, for example `/page/app.js`. The page serves no other file. */
export function loadAssets(): ReadonlyMap<string, Asset> {
  const own = path.join(__dirname, "browser");
  // Resolves to the build for Node, one folder below the browser modules.
  const litHtml = path.dirname(path.dirname(require.resolve("lit-html")));
  return new Map([
    ...readdirSync(own).flatMap((name) => asset(`/page/${name}`, path.join(own, name))),
    ...litHtmlModules.flatMap((name) => asset(`/page/lit-html/${name}`, path.join(litHtml, name))),
  ]);
}

function asset(at: string, file: string): (readonly [string, Asset])[] {
  const type = types[path.extname(file)];
  return type === undefined ? [] : [[at, { type, content: readFileSync(file) }]];
}
