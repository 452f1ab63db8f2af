import assert from "node:assert/strict";
import fc from "fast-check";
import { checkAllowedUrl, normaliseAllowedUrl } from "../../provider/workspace/allowed-urls.js";
import { checkWorkspace } from "../../provider/workspace/inputs.js";
import { configFor } from "../support/context.js";

const label = fc
  .stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,8}[a-zA-Z0-9])?$/)
  .filter((text) => !/^https?$/i.test(text));
const entry = fc
  .record({
    scheme: fc.constantFrom("", "https://", "http://", "HTTPS://"),
    wildcard: fc.constantFrom("", "*."),
    labels: fc.array(label, { minLength: 1, maxLength: 4 }),
    port: fc.oneof(
      fc.constant(""),
      fc.integer({ min: 1, max: 65_535 }).map((port) => `:${port}`),
    ),
    path: fc.constantFrom("", "/", "/a", "/A/b/", "/a//"),
  })
  .map(({ scheme, wildcard, labels, port, path }) => `${scheme}${wildcard}${labels.join(".")}${port}${path}`);

describe("an allowed URL", () => {
  for (const good of [
    "https://cran.r-project.org",
    "http://example.org:8080/path/x",
    "*.example.org",
    "localhost",
    "10.0.0.1:443",
    "  https://example.org  ",
  ]) {
    it(`may be ${JSON.stringify(good)}`, () => assert.equal(checkAllowedUrl(good), undefined));
  }

  const bad: [string, RegExp][] = [
    ["ftp://example.org", /must be http or https/],
    ["exam*ple.org", /wildcard/],
    ["a.*.org", /wildcard/],
    ["*", /wildcard/],
    ["https://", /is not a URL/],
    ["https//cran.r-project.org", /is not a URL/],
    ["", /is not a URL/],
    ["two words", /is not a URL/],
    ["https://example.org?x=1", /is not a URL/],
    ["https://user:pw@example.org", /is not a URL/],
    ["example.org:0", /port outside/],
    ["example.org:70000", /port outside/],
  ];
  for (const [text, why] of bad) {
    it(`may not be ${JSON.stringify(text)}`, () => assert.match(checkAllowedUrl(text) ?? "", why));
  }

  it("is written in lower case except for its path, without a trailing slash", () => {
    assert.equal(normaliseAllowedUrl(" HTTPS://Cran.R-project.org:0443/Web/ "), "https://cran.r-project.org:443/Web");
  });

  it("may be any host with or without scheme, wildcard, port and path", () => {
    fc.assert(fc.property(entry, (url) => assert.equal(checkAllowedUrl(url), undefined)));
  });

  it("stays as it is when it is written in the one way already", () => {
    const any = fc.oneof(entry, fc.string());
    fc.assert(
      fc.property(any, (url) => assert.equal(normaliseAllowedUrl(normaliseAllowedUrl(url)), normaliseAllowedUrl(url))),
    );
  });

  it("stays allowed when it is written in the one way", () => {
    fc.assert(fc.property(entry, (url) => assert.equal(checkAllowedUrl(normaliseAllowedUrl(url)), undefined)));
  });
});

describe("a list of allowed URLs", () => {
  const config = configFor("http://127.0.0.1:1");
  const taken = (allowedUrls: string[]) =>
    checkWorkspace(config, { network: "restricted", allowedUrls }).inputs.allowedUrls;

  it("does not change with order, repetition or a trailing slash", () => {
    const lists = fc
      .array(entry, { minLength: 1, maxLength: 6 })
      .chain((urls) => fc.tuple(fc.constant(urls), fc.shuffledSubarray(urls, { minLength: urls.length })));
    fc.assert(
      fc.property(lists, fc.boolean(), ([urls, shuffled], slash) => {
        const again = [...shuffled, ...urls].map((url) => (slash ? `${url}/` : url));
        assert.deepEqual(taken(again), taken(urls));
      }),
    );
  });
});
