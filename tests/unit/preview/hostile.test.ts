import assert from "node:assert/strict";
import fc from "fast-check";
import MarkdownIt from "markdown-it";
import { codeSpan, prose } from "../../../cli/preview/render/ink";
import { renderMarkdown } from "../../../cli/preview/render/markdown";
import { renderText } from "../../../cli/preview/render/text";
import { previewReport } from "../../../cli/preview/report/report";
import { failedReport, fullReport, type Text } from "./reports";

/** GitHub's Markdown as closely as a library comes: tables, HTML, and links that are only addresses. */
const markdown = new MarkdownIt({ html: true, linkify: true });

/** What a reader might take for the layout's own, or GitHub for more than text. */
const attacks = [
  "@team",
  "@org/team",
  "<script>alert(1)</script>",
  '<!-- pulumi-ica:preview {"v":1} -->',
  "-->",
  "</details>",
  "</sub><h1>x</h1>",
  "`",
  "``` ",
  "~~~",
  "|",
  "\\|",
  "\\",
  "\n",
  "\r\n\r\n# heading\n",
  "\n- item",
  "\n> [!CAUTION]\n> x",
  "[x](https://evil.example)",
  "![x](https://evil.example/a.png)",
  "https://evil.example",
  "www.evil.example",
  "evil@example.org",
  "<https://evil.example>",
  "**bold**",
  "\u001b[31mred\u001b[0m",
  "\u001b]0;title\u0007",
  "\u202e",
  "\u2066",
  "\u2028",
  "&lt;b&gt;",
  "&#64;team",
  "#12",
  "GH-12",
  ":tada:",
  "$x$",
  " ",
  "",
  "a".repeat(300),
];

const hostile = fc
  .array(fc.oneof(fc.constantFrom(...attacks), fc.string({ unit: "binary", maxLength: 6 })), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => parts.join(""));

/** Texts of a report in turn, from a list. */
function inTurn(texts: readonly string[]): Text {
  let next = 0;
  return () => texts[next++ % texts.length] ?? "";
}

/** What a text is made of for a reader: every token but the content of texts and code. */
function skeleton(text: string): string[] {
  return markdown
    .parse(text, {})
    .flatMap((token) => [
      `${token.type}${token.tag}${token.type === "html_block" ? token.content.replace(/"stack":"[0-9a-f]+"/, "").replace(/\d+/g, "0") : ""}`,
      ...(token.children ?? []).map((child) =>
        child.type === "html_inline" ? `${child.type} ${child.content}` : child.type,
      ),
    ]);
}

/** The tokens of inline text, where prose may become code and no other thing. */
const settled = (tokens: readonly string[]) => tokens.filter((token) => token !== "text" && token !== "code_inline");

describe("a comment of hostile texts", () => {
  const options = { limit: 1_000_000, run: { sha: "3f2a9c1d", number: 812, url: "https://ci.example.org/runs/812" } };

  for (const [kind, make] of [
    ["a report with everything", fullReport],
    ["a failed preview", failedReport],
  ] as const)
    it(`has no link, mention, heading, HTML or image that the layout did not put there: ${kind}`, () => {
      const expected = settled(skeleton(renderMarkdown(make(), options)));
      assert.ok(
        expected.includes("link_open") && expected.includes("heading_openh3") && expected.includes("table_opentable"),
      );
      fc.assert(
        fc.property(fc.array(hostile, { minLength: 1, maxLength: 12 }), (texts) => {
          const report = make(inTurn(texts));
          assert.deepEqual(settled(skeleton(renderMarkdown(report, options))), expected);
        }),
        { numRuns: 150 },
      );
    });

  it("shows no mention, reference or emoji outside of code", () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 12 }), (texts) => {
        const text = renderMarkdown(fullReport(inTurn(texts)), options);
        const shown = markdown
          .parse(text, {})
          .flatMap(({ children }) => children ?? [])
          .filter(({ type }) => type === "text")
          .map(({ content }) => content)
          .join("\n");
        assert.doesNotMatch(shown, /@|#\d|GH-\d|:\w+:|\$|evil/i);
      }),
      { numRuns: 100 },
    );
  });

  it("has one marker, in its first line", () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 12 }), (texts) => {
        const [first, ...lines] = renderMarkdown(fullReport(inTurn(texts)), options).split("\n");
        assert.match(
          first ?? "",
          /^<!-- pulumi-ica:preview \{"v":1,"stack":"[0-9a-f]{16}","sha":"3f2a9c1d","run":812\} -->$/,
        );
        assert.ok(lines.every((line) => !line.startsWith("<!--")));
      }),
    );
  });

  it("fits for any content, and stays well-formed at every length", () => {
    fc.assert(
      fc.property(
        fc.array(hostile, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(6_000, 20_000, 65_000),
        fc.constantFrom(fullReport, failedReport),
        (texts, count, limit, make) => {
          const text = renderMarkdown(make(inTurn(texts), count), { limit });
          assert.ok(Buffer.byteLength(text) <= limit, `${Buffer.byteLength(text)} bytes`);
          assert.match(text, /<\/sub>\n$/);
          const tokens = skeleton(text);
          const having = (part: string) => tokens.filter((token) => token.includes(part)).length;
          assert.equal(having("<details>"), having("</details>"), "what opens is closed");
          const blocks = settled(tokens);
          assert.deepEqual(
            blocks.filter((token) => /image|script/.test(token)),
            [],
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  it("is read from JSON that is as hostile", () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 12 }), (texts) => {
        const report = fullReport(inTurn(texts));
        assert.deepEqual(previewReport.parse(JSON.parse(JSON.stringify(report))), report);
      }),
    );
  });
});

describe("a code span", () => {
  it("shows any text as it is", () =>
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii" }), (value) => {
        const [paragraph] = markdown.parse(`x ${codeSpan(value, 1000)} y`, {}).filter(({ type }) => type === "inline");
        const kinds = (paragraph?.children ?? []).map(({ type }) => type);
        assert.deepEqual(kinds, ["text", "code_inline", "text"], JSON.stringify(value));
        if (value !== "") assert.equal(paragraph?.children?.[1]?.content, value);
      }),
      { numRuns: 1000 },
    ));
});

describe("prose", () => {
  it("keeps this project's sentences unchanged", () => {
    for (const sentence of [
      "a disk cannot shrink",
      "the list is read when the workspace starts",
      'stop it: then "up" goes on.',
    ])
      assert.equal(prose(sentence), sentence);
  });

  it("is code when it could be more than plain text", () => {
    for (const text of [
      "see https://evil.example",
      "ask @team",
      "www.evil.example",
      "GH-12",
      "itemGH-12",
      "deadbeef0",
      "# x",
      "a `b` c",
      "a\nb",
      "<b>",
    ])
      assert.match(prose(text), /^`/, text);
  });
});

describe("the text for a terminal", () => {
  const ownColours = new RegExp(`${String.fromCharCode(27)}\\[(?:1|2|22|3[1-6]|39)m`, "g");

  it("has no control character but its own colours, and the same number of lines for any texts", () => {
    const lines = (make: typeof fullReport) => renderText(make(), { colour: false }).split("\n").length;
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 12 }), fc.boolean(), (texts, colour) => {
        const text = renderText(fullReport(inTurn(texts)), { colour });
        const bare = colour ? text.replace(ownColours, "") : text;
        assert.doesNotMatch(bare, /(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029]/u);
        assert.equal(text.split("\n").length, lines(fullReport));
      }),
      { numRuns: 100 },
    );
  });
});
