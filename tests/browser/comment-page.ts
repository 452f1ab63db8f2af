import { readFileSync } from "node:fs";
import path from "node:path";

const style = readFileSync(require.resolve("github-markdown-css/github-markdown-light.css"), "utf8");

/** The frame that GitHub draws around a comment: not part of its Markdown, and here only to show where the comment begins. */
const frame = `
  body { margin: 0; padding: 16px; background: #fff; font-family: -apple-system, "Segoe UI", "Liberation Sans", Arial, sans-serif; }
  article { max-width: 860px; border: 1px solid #d1d9e0; border-radius: 6px; }
  article > header { padding: 8px 16px; font-size: 14px; color: #59636e; background: #f6f8fa; border-bottom: 1px solid #d1d9e0; border-radius: 6px 6px 0 0; }
  article > header strong { color: #1f2328; }
  article > .markdown-body { padding: 16px; font-family: inherit; font-size: 14px; }
`;

/** A page that shows Markdown as GitHub shows a comment: its alerts, its tables, its style in the light theme. */
export async function commentPage(markdown: string): Promise<string> {
  // Both as ES modules, of which one exists as such only: their types have to be those of one and the same parser.
  const [{ default: MarkdownIt }, { default: alerts }] = await Promise.all([
    import("markdown-it"),
    import("markdown-it-github-alerts"),
  ]);
  const body = new MarkdownIt({ html: true, linkify: true }).use(alerts).render(markdown);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>A comment on a pull request</title><style>${style}${frame}</style></head>
<body><article aria-label="Comment">
<header><strong>github-actions</strong> commented</header>
<div class="markdown-body">${body}</div>
</article></body>
</html>`;
}

/** Where a picture for the README goes; undefined without `npm run test:browser -- --screenshot`. */
export function picture(name: string): string | undefined {
  const folder = process.env.ICA_BENCH_SCREENSHOT;
  return folder === undefined ? undefined : path.join(folder, name);
}
